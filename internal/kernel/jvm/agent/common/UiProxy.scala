package hearth.agent

import java.io.{IOException, InputStream, OutputStream}
import java.net.{InetAddress, ServerSocket, Socket}

import org.apache.spark.SparkContext
import org.apache.spark.sql.hearth.Sessions

/** A TCP proxy with the address of the Spark UI, which is known at once. The UI itself is started
  * by the first connection: starting it with the context would delay every session for a page that
  * most never show.
  *
  * It copies bytes and knows nothing of HTTP; UiFilter decides which requests are served.
  */
final class UiProxy(current: () => SparkContext) {
  private val socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress)
  private var shown: SparkContext = _ // the context whose UI runs; guarded by this
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

  /** Copies until one side ends, and then closes the other's output; the way back may still be
    * open.
    */
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
