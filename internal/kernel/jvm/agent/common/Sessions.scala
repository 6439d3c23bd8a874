package org.apache.spark.sql.hearth

import scala.collection.JavaConverters._
import scala.util.Try

import org.apache.spark.SparkContext
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.execution.ui.SQLTab
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.ui.SparkUI

/** What Spark opens to its own packages only. */
object Sessions {

  /** The session of a context. The public builder would look for a context itself, and warn that it found one. */
  def of(context: SparkContext): SparkSession = SparkSession.builder().sparkContext(context).getOrCreate()

  /** Returns at most so many rows of a query. Dates and times are those of java.time: on their way through java.sql, which
    * counts by the Julian calendar before October 1582, some days have no place. Other users of the session do not see
    * the setting.
    */
  def collect(frame: DataFrame, rows: Int): Seq[Row] = {
    val conf = Shared.conf(frame).clone()
    conf.setConf(SQLConf.DATETIME_JAVA8API_ENABLED, true)
    SQLConf.withExistingConf(conf)(limited(Shared.again(frame), rows).collectAsList.asScala.toSeq)
  }

  /** The query, with at most so many rows. One that cannot have more stays as it is: a limit has it planned again. */
  private def limited(frame: DataFrame, rows: Int): DataFrame =
    if (Shared.mostRows(frame).exists(_ <= rows)) frame else frame.limit(rows)

  /** Whether the parser takes the code as one statement. */
  def parses(session: SparkSession, code: String): Boolean = Try(Shared.parser(session).parsePlan(code)).isSuccess

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
