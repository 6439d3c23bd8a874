package hearth.agent

import java.nio.charset.StandardCharsets.UTF_8
import java.security.{MessageDigest, SecureRandom}
import java.util.Base64

import hearth.agent.Servlet._

/** The secret of the Spark UI. It lives in memory alone: never in the SparkConf, argv or environment. */
object Guard {
  val Header = "X-Hearth-Secret"
  val secret: String = newSecret()

  def newSecret(): String = {
    val bytes = new Array[Byte](32)
    new SecureRandom().nextBytes(bytes)
    Base64.getUrlEncoder.withoutPadding.encodeToString(bytes)
  }

  /** Compares in a time that does not tell how much of the secret was right. */
  def admits(given: String): Boolean =
    given != null && MessageDigest.isEqual(given.getBytes(UTF_8), secret.getBytes(UTF_8))
}

/** Lets nobody see the Spark UI who does not send the secret. Named in spark.ui.filters. */
final class UiFilter extends Filter {
  override def init(config: FilterConfig): Unit = ()
  override def destroy(): Unit = ()

  override def doFilter(request: ServletRequest, response: ServletResponse, chain: FilterChain): Unit =
    if (Guard.admits(request.asInstanceOf[HttpServletRequest].getHeader(Guard.Header))) chain.doFilter(request, response)
    else response.asInstanceOf[HttpServletResponse].sendError(403, "the Spark UI is reached through Hearth")
}
