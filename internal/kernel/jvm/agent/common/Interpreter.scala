package hearth.agent

/** A language whose statements run in this JVM. */
trait Interpreter {

  /** Runs one statement and returns at once; started, streams and result follow as frames.
    *
    * @param limit how many bytes of output to keep
    */
  def execute(statement: Long, code: String, limit: Long): Unit
}
