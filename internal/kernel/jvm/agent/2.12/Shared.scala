package org.apache.spark.sql.hearth

import org.apache.spark.sql.{DataFrame, Dataset, SparkSession}
import org.apache.spark.sql.catalyst.parser.ParserInterface
import org.apache.spark.sql.internal.{SharedState, SQLConf}

/** Access to what Spark 3 and Spark 4 have in different places. */
private[hearth] object Shared {
  def of(session: SparkSession): SharedState = session.sharedState

  /** Returns how many rows a query can have at most, if its plan says so. */
  def mostRows(frame: DataFrame): Option[Long] = frame.queryExecution.optimizedPlan.maxRows

  def conf(frame: DataFrame): SQLConf = frame.sparkSession.sessionState.conf

  def parser(session: SparkSession): ParserInterface = session.sessionState.sqlParser

  /** Returns the query made again under the configuration of the caller. A command is not run
    * again.
    */
  def again(frame: DataFrame): DataFrame = {
    val query = frame
    Dataset.ofRows(query.sparkSession, query.logicalPlan)
  }
}
