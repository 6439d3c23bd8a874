package hearth.agent

/** An interpreter of a language whose statements run in this JVM. */
trait Interpreter {

  /** Queues one statement and returns at once. Started, its output and its Result follow as frames;
    * output after `limit` bytes is not kept.
    */
  def execute(statement: Long, code: String, limit: Long): Unit

  /** Interrupts the thread of this statement if it is the running one. */
  def interrupt(statement: Long): Unit

  /** Calls `answer` with names that could stand at the cursor, an offset in UTF-16 units, and with
    * none while a statement runs.
    */
  def complete(code: String, cursor: Int)(answer: Seq[String] => Unit): Unit = answer(Nil)

  /** Calls `answer` with a description of the name at the cursor, by MIME type, and with an empty
    * one while a statement runs.
    */
  def describe(code: String, cursor: Int)(answer: Map[String, String] => Unit): Unit = answer(Map.empty)

  /** Makes the classes of a jar available to statements from the next one on. */
  def addJar(jar: java.net.URL): Unit = ()

  /** Prepares the first statement in the background. The configuration of Spark is already set. */
  def warm(): Unit = ()
}
