package hearth.agent

import java.nio.charset.StandardCharsets.UTF_8
import java.security.{MessageDigest, SecureRandom}
import java.util.Base64

import hearth.agent.Servlet._

/** Holds the secret of the Spark UI, in memory alone: never in the SparkConf, argv or environment.
  */
object Guard {
  val Header = "X-Hearth-Secret"
  val secret: String = newSecret()

  def newSecret(): String = {
    val bytes = new Array[Byte](32)
    new SecureRandom().nextBytes(bytes)
    Base64.getUrlEncoder.withoutPadding.encodeToString(bytes)
  }

  /** Compares in constant time, so that a client learns nothing about a part of the secret. */
  def admits(given: String): Boolean =
    given != null && MessageDigest.isEqual(given.getBytes(UTF_8), secret.getBytes(UTF_8))
}

/** Refuses requests to the Spark UI that do not carry the secret. Spark loads it by
  * spark.ui.filters.
  */
final class UiFilter extends Filter {
  override def init(config: FilterConfig): Unit = ()
  override def destroy(): Unit = ()

  override def doFilter(request: ServletRequest, response: ServletResponse, chain: FilterChain): Unit =
    if (Guard.admits(request.asInstanceOf[HttpServletRequest].getHeader(Guard.Header))) chain.doFilter(request, response)
    else response.asInstanceOf[HttpServletResponse].sendError(403, "the Spark UI is reached through Hearth")
}
