package hearth.agent

/** The servlet API of this Spark: jakarta since Spark 4. */
object Servlet {
  type Filter = jakarta.servlet.Filter
  type FilterChain = jakarta.servlet.FilterChain
  type FilterConfig = jakarta.servlet.FilterConfig
  type ServletRequest = jakarta.servlet.ServletRequest
  type ServletResponse = jakarta.servlet.ServletResponse
  type HttpServletRequest = jakarta.servlet.http.HttpServletRequest
  type HttpServletResponse = jakarta.servlet.http.HttpServletResponse
}
