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

  /** Answers with names that could stand at the cursor, an offset in UTF-16 units; with none while a statement runs. */
  def complete(code: String, cursor: Int)(answer: Seq[String] => Unit): Unit = answer(Nil)

  /** Answers with what the name at the cursor is, by MIME type; with nothing while a statement runs. */
  def describe(code: String, cursor: Int)(answer: Map[String, String] => Unit): Unit = answer(Map.empty)

  /** Lets the statements from the next one on use the classes of a jar. */
  def addJar(jar: java.net.URL): Unit = ()

  /** Makes ready, beside all else, what the first statement would wait for. Spark is being configured already. */
  def warm(): Unit = ()
}
