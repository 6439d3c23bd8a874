package org.apache.spark.sql.hearth

import scala.collection.JavaConverters._
import scala.util.Try

import org.apache.spark.SparkContext
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.execution.ui.SQLTab
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.ui.SparkUI

/** Access to what Spark opens to its own packages only. */
object Sessions {

  /** Returns the session of a context. The public builder would search for a context and warn that
    * it found one.
    */
  def of(context: SparkContext): SparkSession = SparkSession.builder().sparkContext(context).getOrCreate()

  /** Returns at most so many rows of a query. Dates and times are those of java.time: java.sql
    * counts by the Julian calendar before October 1582, where some days do not exist. Other users
    * of the session do not see the setting.
    */
  def collect(frame: DataFrame, rows: Int): Seq[Row] = {
    val conf = Shared.conf(frame).clone()
    conf.setConf(SQLConf.DATETIME_JAVA8API_ENABLED, true)
    SQLConf.withExistingConf(conf)(limited(Shared.again(frame), rows).collectAsList.asScala.toSeq)
  }

  /** Limits the rows of a query. One that cannot have more is left as it is, because a limit makes
    * Spark plan it again.
    */
  private def limited(frame: DataFrame, rows: Int): DataFrame =
    if (Shared.mostRows(frame).exists(_ <= rows)) frame else frame.limit(rows)

  /** Reports whether the parser accepts the code as one statement. */
  def parses(session: SparkSession, code: String): Boolean = Try(Shared.parser(session).parsePlan(code)).isSuccess

  /** Starts the UI of a context that was started without one, and returns its port. It shows all
    * jobs, stages and queries from before, because Spark always keeps the store behind it.
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
