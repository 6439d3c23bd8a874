package org.apache.spark.sql.hearth

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.internal.SharedState

/** What the sessions of a context share. */
private[hearth] object Shared {
  def of(session: SparkSession): SharedState = session.sharedState
}
