package hearth.agent

import java.io.{IOException, InputStream, OutputStream}
import java.net.{InetAddress, ServerSocket, Socket}

import org.apache.spark.SparkContext
import org.apache.spark.sql.hearth.Sessions

/** The address of the Spark UI, known at once; the UI itself is started when somebody first comes to see it.
  *
  * Starting it with the context would make every session wait for what most sessions never show. It passes bytes on and knows nothing of HTTP; UiFilter decides who may come in.
  */
final class UiProxy(current: () => SparkContext) {
  private val socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress)
  private var shown: SparkContext = _ // whose UI is up; guarded by this
  private var port = 0

  def address: String = s"${socket.getInetAddress.getHostAddress}:${socket.getLocalPort}"

  def open(): Unit = Agent.daemon("hearth-ui") {
    while (true) {
      val visitor = socket.accept()
      Agent.daemon("hearth-ui-visitor")(serve(visitor))
    }
  }

  private def serve(visitor: Socket): Unit =
    try {
      val ui = new Socket(InetAddress.getLoopbackAddress, uiPort())
      Agent.daemon("hearth-ui-answer")(pass(ui, visitor))
      pass(visitor, ui)
    } catch { case e: Exception => e.printStackTrace(); visitor.close() }

  private def uiPort(): Int = synchronized {
    val context = current()
    if (shown ne context) {
      port = Sessions.startUi(context)
      shown = context
    }
    port
  }

  /** Copies until one side ends, then tells the other side so; the way back may still be open. */
  private def pass(from: Socket, to: Socket): Unit =
    try {
      copy(from.getInputStream, to.getOutputStream)
      to.shutdownOutput()
    } catch { case _: IOException => from.close(); to.close() }

  private def copy(in: InputStream, out: OutputStream): Unit = {
    val buffer = new Array[Byte](16384)
    var n = in.read(buffer)
    while (n >= 0) {
      out.write(buffer, 0, n)
      n = in.read(buffer)
    }
  }
}
