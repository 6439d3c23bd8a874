package org.apache.spark.sql.hearth

import java.util.Properties
import java.util.concurrent.ForkJoinWorkerThread

import org.apache.spark.SparkContext
import org.apache.spark.util.Utils

/** The local properties of Spark's threads, the tags of their jobs among them. A new thread
  * inherits them from the one that starts it. Threads of the pools that Scala and Java share are
  * started for one statement and work for all that follow, so `renew` corrects their properties at
  * every read.
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

  /** Replaces the local properties of a context. Values that threads have set are kept. */
  def install(context: SparkContext, renew: Properties => Unit): Unit = {
    val field = classOf[SparkContext].getDeclaredField("localProperties")
    field.setAccessible(true)
    field.set(context, new LocalProperties(context.localProperties, renew))
  }
}
