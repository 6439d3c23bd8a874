package org.apache.spark.sql.hearth

import java.util.Properties
import java.util.concurrent.ForkJoinWorkerThread

import org.apache.spark.SparkContext
import org.apache.spark.util.Utils

/** What Spark keeps for each thread, the tags of its jobs among it. A new thread takes it over from the one that starts
  * it, and so would threads of the pools that Scala and Java share, which are started for one statement and work for all
  * that follow: `renew` sees their properties whenever they are asked for.
  */
final class LocalProperties private (before: InheritableThreadLocal[Properties], renew: Properties => Unit)
    extends InheritableThreadLocal[Properties] {

  override protected def initialValue(): Properties = before.get

  override def childValue(parent: Properties): Properties = Utils.cloneProperties(parent)

  override def get(): Properties = {
    val own = super.get()
    if (Thread.currentThread.isInstanceOf[ForkJoinWorkerThread]) renew(own)
    own
  }
}

object LocalProperties {

  /** Has a context keep them so. Nothing that a thread has set is lost. */
  def install(context: SparkContext, renew: Properties => Unit): Unit = {
    val field = classOf[SparkContext].getDeclaredField("localProperties")
    field.setAccessible(true)
    field.set(context, new LocalProperties(context.localProperties, renew))
  }
}
