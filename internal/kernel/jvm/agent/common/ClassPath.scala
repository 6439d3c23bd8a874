package org.apache.spark.sql.hearth

import java.io.File
import java.net.URL

import org.apache.spark.SparkConf
import org.apache.spark.util.{DependencyUtils, MutableURLClassLoader}

/** The class loader of user code: jars, which can be added at any time, and the classes of Scala
  * cells. It is the context class loader of the thread that makes it and of the threads started
  * from there, as in spark-submit and spark-shell, so that all languages and Spark itself see one
  * and the same class.
  */
final class ClassPath {
  private val ofJars = new MutableURLClassLoader(Array.empty, Thread.currentThread.getContextClassLoader)
  private val ofAll = new AlsoOfCells(ofJars)
  Thread.currentThread.setContextClassLoader(ofAll)

  /** The parent of the interpreter's own class loader. */
  def parent: ClassLoader = ofJars

  def jars: Seq[URL] = ofJars.getURLs.toSeq

  /** Adds a jar, once. */
  def add(jar: File): Unit = {
    val url = jar.toURI.toURL
    if (!jars.contains(url)) ofJars.addURL(url)
  }

  /** Adds the classes that the interpreter makes of cells. */
  def addCells(loader: ClassLoader): Unit = ofAll.cells = Some(loader)

  /** Fetches spark.jars.packages, which Spark leaves to spark-submit. */
  def addPackages(conf: SparkConf): Unit = {
    val jars = DependencyUtils.resolveMavenDependencies(true, conf.get("spark.jars.excludes", null),
      conf.get("spark.jars.packages"), conf.get("spark.jars.repositories", null), conf.get("spark.jars.ivy", null), None)
    jars.foreach(jar => add(new File(jar)))
    conf.set("spark.jars", jars.mkString(","))
  }
}

object ClassPath {
  /** The prefix of the names of all classes of cells: of the packages in which the interpreter puts
    * them.
    */
  val CellPrefix = "$line"
}

/** Looks classes of cells up in the interpreter's class loader, and no others: that loader searches
  * the symbols of the compiler on the calling thread, while the compiler may be at work on another.
  * The compiler of Spark looks up many names.
  */
private final class AlsoOfCells(parent: ClassLoader) extends ClassLoader(parent) {
  @volatile var cells: Option[ClassLoader] = None

  override protected def findClass(name: String): Class[_] =
    cells.filter(_ => name.startsWith(ClassPath.CellPrefix))
      .fold[Class[_]](throw new ClassNotFoundException(name))(_.loadClass(name))
}
