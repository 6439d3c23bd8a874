package hearth.agent

import java.io.{File, FileInputStream}
import java.util.Properties

import scala.collection.JavaConverters._

import org.apache.spark.{SparkConf, SparkContext}
import org.apache.spark.api.java.JavaSparkContext
import org.apache.spark.sql.SparkSession

/** A Spark that is up. */
final class Live(val context: SparkContext, val session: SparkSession) {
  lazy val javaContext: JavaSparkContext = JavaSparkContext.fromSparkContext(context)

  /** engine.Info, as the Ready frame carries it. */
  def info: Map[String, Any] = Map(
    "spark_version" -> context.version,
    "scala_version" -> scala.util.Properties.versionNumberString,
    "java_version" -> System.getProperty("java.version"),
    "application_id" -> context.applicationId,
    "ui_address" -> uiAddress,
    "ui_secret" -> (if (uiAddress.isEmpty) "" else Guard.secret),
    "cores" -> context.defaultParallelism,
    "memory_mb" -> context.getConf.getSizeAsMb("spark.driver.memory", "0"))

  private def uiAddress: String = context.uiWebUrl.fold("")(url => java.net.URI.create(url).getAuthority)
}

object Live {

  /** Reads the configuration and makes it that of this JVM, as spark-submit does: parts of Spark and of
    * Hadoop, and user code that makes a new SparkConf, look at the system properties.
    */
  def prepare(): SparkConf = {
    val properties = new Properties
    val in = new FileInputStream(sys.env("HEARTH_CONF_FILE"))
    try properties.load(in) finally in.close()
    properties.asScala.foreach { case (k, v) => System.setProperty(k, v) }
    new SparkConf
  }

  /** Starts Spark; phases are shares of the time from the start of the process to Ready. */
  def start(conf: SparkConf, frames: Frames): Live = {
    frames.send("phase", "text" -> "starting Spark", "value" -> 0.3)
    Seq("spark.repl.class.outputDir", "spark.local.dir").foreach(k => conf.getOption(k).foreach(new File(_).mkdirs()))
    val context = new SparkContext(conf)
    frames.send("phase", "text" -> "starting the Spark session", "value" -> 0.85)
    new Live(context, SparkSession.builder().getOrCreate())
  }
}
