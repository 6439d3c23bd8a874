package org.apache.spark.sql.hearth

import org.apache.spark.SparkContext
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.execution.ui.SQLTab
import org.apache.spark.ui.SparkUI

/** What Spark opens to its own packages only. */
object Sessions {

  /** The session of a context. The public builder would look for a context itself, and warn that it found one. */
  def of(context: SparkContext): SparkSession = SparkSession.builder().sparkContext(context).getOrCreate()

  /** The query, with at most so many rows. One that cannot have more stays as it is: a limit has it planned again. */
  def limited(frame: DataFrame, rows: Int): DataFrame = if (Shared.mostRows(frame).exists(_ <= rows)) frame else frame.limit(rows)

  /** Starts the UI of a context that was started without one, and says where it listens. Jobs, stages and queries
    * from before are all in it, because the store behind it is always kept.
    */
  def startUi(context: SparkContext): Int = {
    val ui = SparkUI.create(Some(context), context.statusStore, context.conf, context.env.securityManager,
      context.appName, "", context.startTime)
    ui.setAppId(context.applicationId)
    new SQLTab(Shared.of(of(context)).statusStore, ui)
    ui.bind()
    ui.attachAllHandlers()
    ui.boundPort
  }
}
