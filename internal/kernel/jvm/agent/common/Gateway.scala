package hearth.agent

import java.net.InetAddress

import py4j.{ClientServer, GatewayServer, JavaServer}

/** Opens the py4j gateway as Spark opens its own for pyspark, with the agent's entry point. */
object Gateway {

  /** Listens on loopback, protected by a secret, and reports port and secret to the supervisor. */
  def open(entryPoint: EntryPoint, frames: Frames): Unit = {
    val secret = Guard.newSecret()
    val port = if (pinned) openPinned(entryPoint, secret) else openShared(entryPoint, secret)
    frames.send("gateway", "port" -> port, "secret" -> secret)
  }

  /** Reports whether pyspark binds each Python thread to a JVM thread: it reads the same variable.
    */
  private def pinned: Boolean = sys.env.getOrElse("PYSPARK_PIN_THREAD", "true").equalsIgnoreCase("true")

  private def loopback: InetAddress = InetAddress.getLoopbackAddress

  private def openPinned(entryPoint: EntryPoint, secret: String): Int = {
    val server = new ClientServer.ClientServerBuilder(entryPoint)
      .authToken(secret).javaPort(0).javaAddress(loopback).autoStartJavaServer(false).build()
    server.startServer()
    server.getJavaServer.asInstanceOf[JavaServer].getListeningPort
  }

  private def openShared(entryPoint: EntryPoint, secret: String): Int = {
    val server = new GatewayServer.GatewayServerBuilder(entryPoint)
      .authToken(secret).javaPort(0).javaAddress(loopback)
      .callbackClient(GatewayServer.DEFAULT_PYTHON_PORT, loopback, secret).build()
    server.start()
    server.getListeningPort
  }
}
