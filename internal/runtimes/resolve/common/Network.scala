package hearth.install

import java.io.{File, FileInputStream, FileOutputStream}
import java.net.{Authenticator, PasswordAuthentication, URI}
import java.security.KeyStore
import java.security.cert.CertificateFactory
import javax.net.ssl.{TrustManagerFactory, X509TrustManager}

import scala.collection.JavaConverters._

/** Configures a JVM as the environment configures every other program of the machine: with the
  * certificates of SSL_CERT_FILE and the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. It is
  * called before the first connection.
  */
object Network {
  private val storePassword = "changeit"

  def configure(workDir: File, env: Map[String, String]): Unit = {
    env.get("SSL_CERT_FILE").map(new File(_)).filter(_.canRead).foreach(trust(workDir, _))
    proxy("http", either(env, "http_proxy"))
    proxy("https", either(env, "https_proxy"))
    either(env, "no_proxy").foreach { hosts =>
      sys.props("http.nonProxyHosts") = hosts.split(",").map(_.trim).filter(_.nonEmpty).map(wildcard).mkString("|")
    }
  }

  private def either(env: Map[String, String], name: String): Option[String] =
    env.get(name).orElse(env.get(name.toUpperCase)).filter(_.nonEmpty)

  private def wildcard(host: String): String = if (host.startsWith(".")) "*" + host else host

  // A trust store file and system properties, not SSLContext.setDefault: the HTTP client that Ivy
  // prefers makes its own context and reads only the properties.
  private def trust(workDir: File, pem: File): Unit = if (!sys.props.contains("javax.net.ssl.trustStore")) {
    val store = KeyStore.getInstance("PKCS12")
    store.load(null, null)
    val in = new FileInputStream(pem)
    val added =
      try CertificateFactory.getInstance("X.509").generateCertificates(in).asScala.toSeq
      finally in.close()
    (defaults ++ added).zipWithIndex.foreach { case (cert, i) => store.setCertificateEntry("c" + i, cert) }
    val file = File.createTempFile("trust", ".p12", workDir)
    file.deleteOnExit()
    val out = new FileOutputStream(file)
    try store.store(out, storePassword.toCharArray)
    finally out.close()
    sys.props("javax.net.ssl.trustStore") = file.getPath
    sys.props("javax.net.ssl.trustStoreType") = "PKCS12"
    sys.props("javax.net.ssl.trustStorePassword") = storePassword
  }

  private def defaults: Seq[java.security.cert.Certificate] = {
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm)
    factory.init(null: KeyStore)
    factory.getTrustManagers.toSeq.collect { case m: X509TrustManager => m.getAcceptedIssuers.toSeq }.flatten
  }

  private def proxy(scheme: String, address: Option[String]): Unit = address.foreach { text =>
    val uri = new URI(if (text.contains("://")) text else "http://" + text)
    sys.props(scheme + ".proxyHost") = uri.getHost
    sys.props(scheme + ".proxyPort") = (if (uri.getPort > 0) uri.getPort else 80).toString
    Option(uri.getUserInfo).foreach(credentials)
  }

  private def credentials(userInfo: String): Unit = {
    val Array(user, password) = (userInfo + ":").split(":", 2)
    // Basic authentication of a tunnel is off by default in Java.
    sys.props("jdk.http.auth.tunneling.disabledSchemes") = ""
    Authenticator.setDefault(new Authenticator {
      override def getPasswordAuthentication: PasswordAuthentication =
        if (getRequestorType != Authenticator.RequestorType.PROXY) null
        else new PasswordAuthentication(user, password.stripSuffix(":").toCharArray)
    })
  }
}
