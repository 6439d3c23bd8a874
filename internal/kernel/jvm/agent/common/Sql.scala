package hearth.agent

import scala.annotation.tailrec
import scala.util.Try
import scala.util.control.NonFatal

import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.parser.hearth.SqlSplitter
import org.apache.spark.sql.hearth.Sessions

/** Runs SQL statements: `spark.sql`, with its rows as JSON beside Spark's schema. Statements
  * without rows, such as DDL, have an empty schema and no rows. After MaxRows rows, or `limit`
  * bytes of them, the result is marked as cut.
  *
  * A cell may hold several statements, divided by semicolons. They run in order up to the first
  * that fails, and the value of the cell is the result of the last one.
  */
final class Sql(frames: Frames, app: () => SparkApp, statements: Statements)
    extends Runner("sql", frames, app, statements) {
  import Sql._

  protected def evaluate(app: SparkApp, code: String, limit: Long): Outcome = {
    val all = statements(app.currentSession, code)
    run(app, all, all.size, limit)
  }

  /** Returns the statements of a cell. Code that Spark's parser accepts as a whole, such as a
    * script between BEGIN and END, is one statement.
    */
  private def statements(session: SparkSession, code: String): Seq[String] =
    SqlSplitter.statements(code) match {
      case Nil                                                        => Seq(code)
      case several if several.size > 1 && Sessions.parses(session, code) => Seq(code)
      case all                                                        => all.map(_.trim)
    }

  @tailrec private def run(app: SparkApp, left: Seq[String], of: Int, limit: Long): Outcome =
    one(app, left.head, limit) match {
      case Left(error) if of == 1                 => throw error
      case Left(error)                            => named(Outcome.of(error), left.head, of - left.size + 1, of)
      case Right(value) if left.tail.isEmpty      => value
      case Right(_) if isInterrupted              => Outcome.of(new InterruptedException("the cell was stopped between two statements"))
      case Right(_)                               => run(app, left.tail, of, limit)
    }

  private def one(app: SparkApp, statement: String, limit: Long): Either[Throwable, Outcome] =
    try {
      val session = app.currentSession
      val frame = session.sql(statement)
      val rows = maxRows(session) // after a `set` of it
      Right(Outcome.Value(Map("application/json" -> table(frame, rows, limit))))
    } catch { case NonFatal(e) => Left(e) }

  /** Returns the error of one of several statements, with the number of the statement in it. */
  private def named(error: Outcome.Failure, statement: String, number: Int, of: Int): Outcome.Failure = {
    val where = s"Statement $number of $of: ${brief(statement)}"
    error.copy(value = where + "\n" + error.value, traceback = (where + "\n") +: error.traceback)
  }

  private def table(frame: DataFrame, rows: Int, limit: Long): String = {
    val schema = frame.schema
    val all = if (schema.isEmpty) Nil else Sessions.collect(frame, rows + 1)
    val out = new JsonRows(schema)
    val written = all.iterator.take(rows).takeWhile(_ => out.size < limit).map(out.add).size
    if (written < all.size) System.err.println(s"the result was cut after $written rows")
    out.finish(cut = written < all.size)
  }
}

object Sql {
  private val Briefest = 200 // characters

  private def brief(statement: String): String = {
    val line = statement.trim.replaceAll("\\s+", " ")
    if (line.length <= Briefest) line else line.take(Briefest) + "…"
  }

  /** The configuration key by which a session raises the number of rows in a result. */
  private val RowsKey = "spark.hearth.sql.maxRows"
  private val DefaultRows = 1000

  private def maxRows(session: SparkSession): Int =
    Try(session.conf.get(RowsKey, "").toInt).filter(n => n > 0 && n < Int.MaxValue).getOrElse(DefaultRows)
}
