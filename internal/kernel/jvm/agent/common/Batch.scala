package hearth.agent

import java.util.{Collections, Map => JavaMap}

import org.apache.spark.SparkContext
import org.apache.spark.api.plugin.{DriverPlugin, ExecutorPlugin, PluginContext, SparkPlugin}
import org.apache.spark.deploy.SparkSubmit

/** What `java` starts for a batch: spark-submit in this JVM, and beside it an ear for the supervisor. The program's exit
  * code is the JVM's.
  */
object Batch {
  @volatile private[agent] var frames: Frames = _

  def main(args: Array[String]): Unit = {
    frames = Frames.inherited()
    frames.send("hello", "proto" -> Frames.Version, "role" -> "jvm", "pid" -> ProcessHandle.current.pid)
    Agent.daemon("hearth-supervisor")(obey(frames))
    frames.send("ready", "info" -> Map("java_version" -> System.getProperty("java.version")))
    try {
      SparkApp.configure() // the -Dname=value of a request: this JVM runs already when spark-submit reads its options
      SparkSubmit.main(args)
    }
    catch { case e: Throwable =>
      e.printStackTrace()
      System.exit(Agent.FailedStart)
    }
  }

  /** Ends the program when the supervisor asks for it, and when the supervisor is gone. */
  private def obey(frames: Frames): Unit = {
    var frame = frames.receive()
    while (frame.isDefined) {
      if (frame.get.kind == "shutdown") Agent.daemon("hearth-shutdown")(System.exit(Stopped))
      frame = frames.receive()
    }
    Runtime.getRuntime.halt(Agent.Orphaned)
  }

  private val Stopped = 143 // as of a program that obeys SIGTERM
}

/** Tells the supervisor about the context that a batch makes. Named in spark.plugins. */
final class BatchPlugin extends SparkPlugin {
  override def executorPlugin(): ExecutorPlugin = null

  override def driverPlugin(): DriverPlugin = new DriverPlugin {
    private var uiProxy: Option[UiProxy] = None

    override def init(context: SparkContext, plugin: PluginContext): JavaMap[String, String] = {
      if (context.getConf.getBoolean("spark.hearth.ui", false)) {
        uiProxy = Some(new UiProxy(() => context))
        uiProxy.foreach(_.open())
      }
      Collections.emptyMap()
    }

    // The application has an id only now, after init.
    override def registerMetrics(applicationId: String, plugin: PluginContext): Unit =
      Option(Batch.frames).foreach(_.send("ready", "info" -> Map(
        "spark_version" -> org.apache.spark.SPARK_VERSION,
        "scala_version" -> scala.util.Properties.versionNumberString,
        "java_version" -> System.getProperty("java.version"),
        "application_id" -> applicationId,
        "ui_address" -> uiProxy.fold("")(_.address),
        "ui_secret" -> uiProxy.fold("")(_ => Guard.secret))))
  }
}
