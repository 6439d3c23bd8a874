package org.apache.spark.hearthinstall

import java.io.PrintStream

import org.apache.spark.util.MavenUtils

/** Spark 4's own resolver, reached from inside Spark's package because it is private to it. */
object Maven {
  def resolve(coordinates: String, ivyDir: String, settingsFile: Option[String]): Seq[String] = {
    implicit val log: PrintStream = System.err
    val settings = settingsFile match {
      case Some(file) => MavenUtils.loadIvySettings(file, None, Some(ivyDir))
      case None => MavenUtils.buildIvySettings(None, Some(ivyDir))
    }
    MavenUtils.resolveMavenCoordinates(coordinates, settings, None, transitive = true)
  }
}
