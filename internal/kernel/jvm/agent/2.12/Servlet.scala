package hearth.agent

/** The servlet API of this Spark: javax since the beginning. */
object Servlet {
  type Filter = javax.servlet.Filter
  type FilterChain = javax.servlet.FilterChain
  type FilterConfig = javax.servlet.FilterConfig
  type ServletRequest = javax.servlet.ServletRequest
  type ServletResponse = javax.servlet.ServletResponse
  type HttpServletRequest = javax.servlet.http.HttpServletRequest
  type HttpServletResponse = javax.servlet.http.HttpServletResponse
}
