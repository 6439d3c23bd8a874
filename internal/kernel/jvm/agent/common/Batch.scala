package hearth.agent

import java.util.{Collections, Map => JavaMap}

import org.apache.spark.SparkContext
import org.apache.spark.api.plugin.{DriverPlugin, ExecutorPlugin, PluginContext, SparkPlugin}
import org.apache.spark.deploy.SparkSubmit

/** The main class of a batch: spark-submit in this JVM, and a thread that listens to the
  * supervisor. The exit code of the program is that of the JVM.
  */
object Batch {
  @volatile private[agent] var frames: Frames = _
  @volatile private var stopping = false // the program is ended, and prints on

  def main(args: Array[String]): Unit = {
    frames = Frames.inherited()
    frames.send("hello", "proto" -> Frames.Version, "role" -> "jvm", "pid" -> ProcessHandle.current.pid)
    Agent.daemon("hearth-supervisor")(handleFrames(frames))
    frames.send("ready", "info" -> Map("java_version" -> System.getProperty("java.version")))
    sys.addShutdownHook(if (!stopping) awaitOutput())
    try {
      SparkApp.configure() // The -Dname=value options of the request: this JVM runs already when spark-submit reads them.
      SparkSubmit.main(args)
    }
    catch { case e: Throwable =>
      e.printStackTrace()
      System.exit(Agent.FailedStart)
    }
  }

  /** Waits until all that a Python program printed has been passed on. spark-submit leaves as soon
    * as the program has ended, and what its thread has not read by then would be lost.
    */
  private def awaitOutput(): Unit =
    Thread.getAllStackTraces.keySet.forEach(t => if (t.getName == "redirect output") t.join(OutputMs))

  private val OutputMs = 5000L

  /** Ends the program at a Shutdown frame, and when the supervisor is gone. */
  private def handleFrames(frames: Frames): Unit = {
    var frame = frames.receive()
    while (frame.isDefined) {
      if (frame.get.kind == "shutdown") {
        stopping = true
        Agent.daemon("hearth-shutdown")(System.exit(Stopped))
      }
      frame = frames.receive()
    }
    Runtime.getRuntime.halt(Agent.Orphaned)
  }

  private val Stopped = 143 // the exit code of a program that SIGTERM ends
}

/** Reports the context that a batch makes to the supervisor. Spark loads it by spark.plugins. */
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

    // The application has its id only now, after init.
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
