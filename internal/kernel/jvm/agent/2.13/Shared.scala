package org.apache.spark.sql.hearth

import org.apache.spark.sql.{classic, DataFrame, SparkSession}
import org.apache.spark.sql.internal.SharedState

/** What Spark 3 and Spark 4 have in different places. */
private[hearth] object Shared {
  def of(session: SparkSession): SharedState = session.asInstanceOf[classic.SparkSession].sharedState

  /** How many rows a query can have at most, where its plan tells. */
  def mostRows(frame: DataFrame): Option[Long] = frame.asInstanceOf[classic.Dataset[_]].queryExecution.optimizedPlan.maxRows
}
