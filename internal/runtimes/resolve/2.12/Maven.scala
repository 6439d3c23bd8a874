package org.apache.spark.hearthinstall

import org.apache.spark.deploy.SparkSubmitUtils

/** Spark 3.5's own resolver, reached from inside Spark's package because it is private to it. */
object Maven {
  def resolve(coordinates: String, ivyDir: String, settingsFile: Option[String]): Seq[String] = {
    val settings = settingsFile match {
      case Some(file) => SparkSubmitUtils.loadIvySettings(file, None, Some(ivyDir))
      case None => SparkSubmitUtils.buildIvySettings(None, Some(ivyDir))
    }
    SparkSubmitUtils.resolveMavenCoordinates(coordinates, settings, None, transitive = true)
  }
}
