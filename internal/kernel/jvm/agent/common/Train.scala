package hearth.agent

import java.io.{BufferedReader, File, InputStreamReader}
import java.net.{HttpURLConnection, InetAddress, Socket, URI}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files

import scala.util.Try

/** Rehearses a start and a few first statements of a session, so that a class-data archive taken at
  * its end holds the classes of real starts. It has no supervisor and reads its frames itself.
  */
object Train {

  def run(): Unit = {
    val dir = Files.createTempDirectory("hearth-train").toFile
    if (!sys.env.contains("HEARTH_CONF_FILE")) configure(dir)
    val gateway = new GatewayWatch
    val agent = new Agent(new Frames(new java.io.ByteArrayInputStream(frame), gateway))
    agent.start(() => Runtime.getRuntime.halt(Agent.FailedStart))
    val app = agent.await()
    gateway.await().foreach { case (port, secret) => new Python(port, secret).rehearse(dir) }
    lookAtUi(app)
    app.context.stop()
    remove(dir)
    Runtime.getRuntime.exit(0)
  }

  private def configure(dir: File): Unit = Seq(
    "spark.master" -> "local[1]", "spark.app.name" -> "train", "spark.submit.deployMode" -> "client",
    "spark.driver.host" -> "127.0.0.1", "spark.driver.bindAddress" -> "127.0.0.1", "spark.authenticate" -> "true",
    "spark.ui.enabled" -> "true", "spark.ui.port" -> "0", "spark.ui.filters" -> "hearth.agent.UiFilter",
    "spark.ui.showConsoleProgress" -> "false", "spark.local.dir" -> s"$dir/local",
    "spark.sql.warehouse.dir" -> s"$dir/warehouse", "spark.repl.class.outputDir" -> s"$dir/classes"
  ).foreach { case (k, v) => System.setProperty(k, v) }

  /** Returns a frame without effect: reading it loads the classes that read frames. */
  private def frame: Array[Byte] = {
    val body = """{"type":"train","id":1}""".getBytes(UTF_8)
    java.nio.ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array
  }

  private def lookAtUi(app: SparkApp): Unit =
    Seq("/jobs/", "/api/v1/applications").foreach { page =>
      Try {
        val c = URI.create("http://" + app.info("ui_address") + page).toURL.openConnection().asInstanceOf[HttpURLConnection]
        c.setRequestProperty(Guard.Header, Guard.secret)
        c.getInputStream.readAllBytes()
      }
    }

  private def remove(f: File): Unit = {
    Option(f.listFiles).foreach(_.foreach(remove))
    f.delete()
  }

  /** Takes the frames of the agent and finds the address of the gateway in them. */
  private final class GatewayWatch extends java.io.ByteArrayOutputStream {
    private val Said = """"port":(\d+),"secret":"([^"]+)"""".r

    def await(): Option[(Int, String)] = {
      val until = System.nanoTime + 30000000000L
      while (said.isEmpty && System.nanoTime < until) Thread.sleep(20)
      said
    }
    private def said = Said.findFirstMatchIn(toString("UTF-8")).map(m => (m.group(1).toInt, m.group(2)))
  }

  /** A py4j client that makes the calls of the Python kernel and of a first notebook cell. */
  private final class Python(port: Int, secret: String) {
    private val socket = new Socket(InetAddress.getLoopbackAddress, port)
    private val in = new BufferedReader(new InputStreamReader(socket.getInputStream, UTF_8))

    def rehearse(dir: File): Unit = {
      say("A\n" + secret + "\n")
      call("t", "javaSparkContext")
      val session = call("t", "sparkSession")
      call("t", "beginStatement", "i1", "srehearsal")
      call(call(session, "range", "i10"), "count")
      val frame = call(session, "sql", "sselect id, id * 2 as twice, cast(id as string) as name from range(10) where id > 1")
      drain(call(frame, "collectToPython"))
      call(frame, "showString", "i20", "i20", "bfalse")
      drain(call(call(session, "sql",
        "sselect twice % 3 as k, count(*) as n from (select id * 2 as twice from range(10)) group by 1"), "collectToPython"))
      call(call(call(frame, "write"), "mode", "soverwrite"), "parquet", "s" + dir + "/rehearsal")
      call(call(call(session, "read"), "parquet", "s" + dir + "/rehearsal"), "count")
      call("t", "endStatement", "i1")
      socket.close()
    }

    /** Fetches rows as pyspark does: the answer is an array of port and secret. */
    private def drain(answer: String): Unit = {
      val (port, token) = (element(answer, 0), element(answer, 1))
      if (port.nonEmpty && token.nonEmpty) {
        val rows = new Socket(InetAddress.getLoopbackAddress, port.toInt)
        val out = new java.io.DataOutputStream(rows.getOutputStream)
        out.writeInt(token.length)
        out.write(token.getBytes(UTF_8))
        rows.getInputStream.readAllBytes()
        rows.close()
      }
    }

    private def element(array: String, index: Int): String = say(s"a\ng\n$array\ni$index\ne\n").drop(3)

    /** Calls a method and returns the name of the object it returned; failures do not matter here.
      */
    private def call(target: String, method: String, args: String*): String =
      say((Seq("c", target, method) ++ args ++ Seq("e", "")).mkString("\n")).drop(3)

    private def say(command: String): String = {
      socket.getOutputStream.write(command.getBytes(UTF_8))
      Option(in.readLine()).getOrElse("")
    }
  }
}
