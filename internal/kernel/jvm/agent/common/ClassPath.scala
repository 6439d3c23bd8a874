package org.apache.spark.sql.hearth

import java.io.File

import org.apache.spark.SparkConf
import org.apache.spark.util.{DependencyUtils, MutableURLClassLoader}

/** The class path of user code, to which jars can still be added. As spark-submit does, it is made the context class
  * loader of the thread that makes it and of those started from it.
  */
final class ClassPath {
  private val loader = new MutableURLClassLoader(Array.empty, Thread.currentThread.getContextClassLoader)
  Thread.currentThread.setContextClassLoader(loader)

  /** Adds a jar, once. */
  def add(jar: File): Unit = {
    val url = jar.toURI.toURL
    if (!loader.getURLs.contains(url)) loader.addURL(url)
  }

  /** Fetches spark.jars.packages, which Spark itself leaves to spark-submit. */
  def addPackages(conf: SparkConf): Unit = {
    val jars = DependencyUtils.resolveMavenDependencies(true, conf.get("spark.jars.excludes", null),
      conf.get("spark.jars.packages"), conf.get("spark.jars.repositories", null), conf.get("spark.jars.ivy", null), None)
    jars.foreach(jar => add(new File(jar)))
    conf.set("spark.jars", jars.mkString(","))
  }
}
