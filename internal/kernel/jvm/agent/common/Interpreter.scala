package hearth.agent

/** A language whose statements run in this JVM. */
trait Interpreter {

  /** Runs one statement and returns at once; started, streams and result follow as frames.
    *
    * @param limit how many bytes of output to keep
    */
  def execute(statement: Long, code: String, limit: Long): Unit

  /** Interrupts the thread of this statement if it is what runs. */
  def interrupt(statement: Long): Unit

  /** Names that could stand at the cursor, an offset in characters. */
  def complete(code: String, cursor: Int): Seq[String] = Nil

  /** Makes ready what the first statement would wait for. */
  def warm(): Unit = ()
}
