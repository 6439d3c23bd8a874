package org.apache.spark.sql.hearth

import org.apache.spark.sql.{classic, DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.parser.ParserInterface
import org.apache.spark.sql.internal.{SharedState, SQLConf}

/** Access to what Spark 3 and Spark 4 have in different places. */
private[hearth] object Shared {
  def of(session: SparkSession): SharedState = session.asInstanceOf[classic.SparkSession].sharedState

  /** Returns how many rows a query can have at most, if its plan says so. */
  def mostRows(frame: DataFrame): Option[Long] = frame.asInstanceOf[classic.Dataset[_]].queryExecution.optimizedPlan.maxRows

  def conf(frame: DataFrame): SQLConf = frame.asInstanceOf[classic.Dataset[_]].sparkSession.sessionState.conf

  def parser(session: SparkSession): ParserInterface = session.asInstanceOf[classic.SparkSession].sessionState.sqlParser

  /** Returns the query made again under the configuration of the caller. A command is not run
    * again.
    */
  def again(frame: DataFrame): DataFrame = {
    val query = frame.asInstanceOf[classic.Dataset[_]]
    classic.Dataset.ofRows(query.sparkSession, query.logicalPlan)
  }
}
