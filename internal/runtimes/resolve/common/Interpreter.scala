package hearth.install

import org.apache.spark.repl.SparkILoop

/** Drives the interpreter shipped with Spark over a few cells; it finds the running session by itself. */
object Interpreter {
  def run(code: String): Unit = System.err.println(SparkILoop.run(code))
}
