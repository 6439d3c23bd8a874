package hearth.agent

import scala.collection.JavaConverters._
import scala.util.Try

import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.hearth.Sessions

/** SQL statements: `spark.sql`, its rows as JSON beside Spark's own schema. Statements without rows, such as DDL, have
  * an empty schema and no rows. After MaxRows rows, or `limit` bytes of them, the result says that it was cut.
  */
final class Sql(frames: Frames, live: () => Live, statements: Statements)
    extends Runner("sql", frames, live, statements) {
  import Sql._

  protected def evaluate(live: Live, code: String, limit: Long): Outcome = {
    val session = live.currentSession
    val frame = session.sql(code.trim.stripSuffix(";"))
    val rows = maxRows(session) // after a `set` of it
    Outcome.Value(Map("application/json" -> table(frame, rows, limit)))
  }

  private def table(frame: DataFrame, rows: Int, limit: Long): String = {
    val schema = frame.schema
    val all = if (schema.isEmpty) Nil else Sessions.limited(frame, rows + 1).collectAsList.asScala.toSeq
    val out = new JsonRows(schema)
    val written = all.iterator.take(rows).takeWhile(_ => out.size < limit).map(out.add).size
    if (written < all.size) System.err.println(s"the result was cut after $written rows")
    out.finish(cut = written < all.size)
  }
}

object Sql {
  /** The configuration by which a session raises the number of rows that a result shows. */
  private val RowsKey = "spark.hearth.sql.maxRows"
  private val DefaultRows = 1000

  private def maxRows(session: SparkSession): Int =
    Try(session.conf.get(RowsKey, "").toInt).filter(n => n > 0 && n < Int.MaxValue).getOrElse(DefaultRows)
}
