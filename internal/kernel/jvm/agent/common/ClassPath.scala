package org.apache.spark.sql.hearth

import java.io.File
import java.net.URL

import org.apache.spark.SparkConf
import org.apache.spark.util.{DependencyUtils, MutableURLClassLoader}

/** Where the classes of user code are found: in jars, to which some can still be added, and in Scala cells. As
  * spark-submit and spark-shell do, it is made the context class loader of the thread that makes it and of those started
  * from it, so that every language and all of Spark see one and the same class.
  */
final class ClassPath {
  private val ofJars = new MutableURLClassLoader(Array.empty, Thread.currentThread.getContextClassLoader)
  private val ofAll = new AlsoOfCells(ofJars)
  Thread.currentThread.setContextClassLoader(ofAll)

  /** What the interpreter's own loader asks first. */
  def parent: ClassLoader = ofJars

  def jars: Seq[URL] = ofJars.getURLs.toSeq

  /** Adds a jar, once. */
  def add(jar: File): Unit = {
    val url = jar.toURI.toURL
    if (!jars.contains(url)) ofJars.addURL(url)
  }

  /** Adds what the interpreter makes of cells. */
  def addCells(loader: ClassLoader): Unit = ofAll.cells = Some(loader)

  /** Fetches spark.jars.packages, which Spark itself leaves to spark-submit. */
  def addPackages(conf: SparkConf): Unit = {
    val jars = DependencyUtils.resolveMavenDependencies(true, conf.get("spark.jars.excludes", null),
      conf.get("spark.jars.packages"), conf.get("spark.jars.repositories", null), conf.get("spark.jars.ivy", null), None)
    jars.foreach(jar => add(new File(jar)))
    conf.set("spark.jars", jars.mkString(","))
  }
}

object ClassPath {
  /** What the names of all classes of cells begin with: of the packages in which the interpreter puts them. */
  val CellPrefix = "$line"
}

/** The interpreter's loader must not be asked for what no cell has made: it looks for such names in the compiler's
  * symbols, on the thread that asks, while the compiler may be at work on another. Spark's own compiler asks for many.
  */
private final class AlsoOfCells(parent: ClassLoader) extends ClassLoader(parent) {
  @volatile var cells: Option[ClassLoader] = None

  override protected def findClass(name: String): Class[_] =
    cells.filter(_ => name.startsWith(ClassPath.CellPrefix))
      .fold[Class[_]](throw new ClassNotFoundException(name))(_.loadClass(name))
}
