package hearth.agent

import java.io.{File, FileInputStream}
import java.util.Properties

import scala.collection.JavaConverters._
import scala.util.control.NonFatal

import org.apache.spark.{SparkConf, SparkContext}
import org.apache.spark.api.java.JavaSparkContext
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.hearth.{ClassPath, Sessions}

/** The Spark application of this JVM, once it is up. */
final class SparkApp(val context: SparkContext, val session: SparkSession, uiProxy: Option[UiProxy]) {
  lazy val javaContext: JavaSparkContext = JavaSparkContext.fromSparkContext(context)

  /** Returns engine.Info as the Ready frame carries it. */
  def info: Map[String, Any] = Map(
    "spark_version" -> context.version,
    "scala_version" -> scala.util.Properties.versionNumberString,
    "java_version" -> System.getProperty("java.version"),
    "application_id" -> context.applicationId,
    "ui_address" -> uiProxy.fold("")(_.address),
    "ui_secret" -> uiProxy.fold("")(_ => Guard.secret),
    "cores" -> context.getConf.getInt("spark.driver.cores", Runtime.getRuntime.availableProcessors),
    "memory_mb" -> context.getConf.getSizeAsMb("spark.driver.memory", "0"))

  /** Plans and compiles a query in a session of its own, without running a job. It loads the
    * classes of a first statement in the seconds that a client needs to notice that its session is
    * ready.
    */
  def warm(): Unit =
    try if (context.getConf.get("spark.sql.catalogImplementation", "in-memory") == "in-memory") {
      val apart = session.newSession()
      apart.conf.set("spark.sql.adaptive.enabled", "false")
      apart.sql("select id % 3 as k, count(*) as n from range(10) where id > 1 group by 1").rdd
    } catch { case NonFatal(_) => } // a warm start is optional

  /** The context that statements use now. */
  def current: SparkContext = SparkApp.current(context)

  /** The session that statements use now. */
  def currentSession: SparkSession =
    if (context.isStopped) SparkSession.getDefaultSession.filterNot(_.sparkContext.isStopped).getOrElse(session) else session
}

object SparkApp {
  private val PackagesEveryMs = 10000L
  private val PackagesForMs = 600000L

  /** Reads the configuration into the system properties, as spark-submit does: parts of Spark and
    * of Hadoop, and user code that makes a new SparkConf, read it there.
    */
  def configure(): SparkConf = {
    val properties = new Properties
    sys.env.get("HEARTH_CONF_FILE").foreach { file =>
      val in = new FileInputStream(file)
      try properties.load(in) finally in.close()
    }
    properties.asScala.foreach { case (k, v) => System.setProperty(k, v) }
    Seq("spark.driver.defaultJavaOptions", "spark.driver.extraJavaOptions")
      .flatMap(k => Option(properties.getProperty(k))).foreach(defineProperties)
    new SparkConf
  }

  /** Sets the -Dname=value options of a request. Admission lets no other options through. */
  private def defineProperties(options: String): Unit = {
    options.trim.split("\\s+").filter(_.startsWith("-D")).foreach { option =>
      val (name, value) = option.drop(2).span(_ != '=')
      System.setProperty(name, value.drop(1))
    }
    java.util.TimeZone.setDefault(null) // makes Java read user.timezone again
  }

  /** Reports a phase every few seconds while the body runs, because a supervisor gives up a start
    * without progress. It stops after a time, so that a start that hangs is still given up.
    */
  private def reportWhile(frames: Frames, what: String)(work: => Unit): Unit = {
    val until = System.nanoTime + PackagesForMs * 1000000L
    val talk = Agent.daemon("hearth-phase") {
      try while (System.nanoTime < until) {
        frames.send("phase", "text" -> what, "value" -> 0.1)
        Thread.sleep(PackagesEveryMs)
      } catch { case _: InterruptedException => }
    }
    try work finally talk.interrupt()
  }

  private def directories(conf: SparkConf): Unit =
    conf.getOption("spark.repl.class.outputDir").foreach(new File(_).mkdirs())

  /** Starts Spark. The values of phases are shares of the time from the start of the process to
    * Ready.
    */
  def start(conf: SparkConf, frames: Frames, classPath: ClassPath): SparkApp = {
    if (conf.contains("spark.jars.packages")) {
      reportWhile(frames, "resolving packages")(classPath.addPackages(conf))
    }
    frames.send("phase", "text" -> "starting Spark", "value" -> 0.45)
    directories(conf)
    val withUi = conf.getBoolean("spark.ui.enabled", true)
    val context = new SparkContext(conf.set("spark.ui.enabled", "false"))
    frames.send("phase", "text" -> "starting the Spark session", "value" -> 0.93)
    val uiProxy = if (withUi) Some(new UiProxy(() => current(context))) else None
    uiProxy.foreach(_.open())
    new SparkApp(context, Sessions.of(context), uiProxy)
  }

  /** Returns the context in use: user code may have stopped the first one and made another. */
  private def current(first: SparkContext): SparkContext =
    SparkSession.getDefaultSession.map(_.sparkContext).filterNot(_.isStopped).getOrElse(first)
}
