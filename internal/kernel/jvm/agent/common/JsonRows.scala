package hearth.agent

import java.io.StringWriter
import java.time.{Duration, Instant, LocalDate, LocalDateTime, Period}
import java.util.Base64

import com.fasterxml.jackson.core.{JsonFactory, JsonGenerator}

import org.apache.spark.sql.Row
import org.apache.spark.sql.catalyst.util.DateTimeUtils
import org.apache.spark.sql.hearth.Intervals
import org.apache.spark.sql.types._

/** Writes rows as lossless JSON: `{"schema": <Spark's>, "data": [[..]]}`. Numbers and decimals have
  * all their digits. NaN, infinities, dates, times and intervals are strings, times with a zone in
  * UTC. Bytes are base64, a struct is the array of its fields, and a map is an object with text
  * keys.
  */
final class JsonRows(schema: StructType) {
  private val text = new StringWriter
  private val json: JsonGenerator = new JsonFactory().createGenerator(text)

  json.writeStartObject()
  json.writeFieldName("schema")
  json.writeRawValue(schema.json)
  json.writeArrayFieldStart("data")

  def add(row: Row): Unit = { struct(row, schema); json.flush() }

  /** The number of characters written so far. */
  def size: Long = text.getBuffer.length.toLong

  def finish(cut: Boolean): String = {
    json.writeEndArray()
    if (cut) json.writeBooleanField("truncated", true)
    json.writeEndObject()
    json.close()
    text.toString
  }

  private def struct(row: Row, of: StructType): Unit = {
    json.writeStartArray()
    of.fields.indices.foreach(i => value(row.get(i), of(i).dataType))
    json.writeEndArray()
  }

  private def value(v: Any, of: DataType): Unit = (v, of) match {
    case (null, _)                                 => json.writeNull()
    case (b: Boolean, _)                           => json.writeBoolean(b)
    case (n @ (_: Byte | _: Short | _: Int), _)    => json.writeNumber(n.asInstanceOf[Number].intValue)
    case (n: Long, _)                              => json.writeNumber(n)
    case (f: Float, _)                             => if (f.isNaN || f.isInfinite) json.writeString(f.toString) else json.writeNumber(f)
    case (d: Double, _)                            => if (d.isNaN || d.isInfinite) json.writeString(d.toString) else json.writeNumber(d)
    case (d: java.math.BigDecimal, _)              => json.writeNumber(d.toPlainString)
    case (bytes: Array[Byte], _)                   => json.writeString(Base64.getEncoder.encodeToString(bytes))
    case (row: Row, s: StructType)                 => struct(row, s)
    case (all: scala.collection.Seq[_], a: ArrayType) =>
      json.writeStartArray()
      all.foreach(value(_, a.elementType))
      json.writeEndArray()
    case (all: scala.collection.Map[_, _], m: MapType) =>
      json.writeStartObject()
      all.foreach { case (k, x) => json.writeFieldName(JsonRows.text(k, m.keyType)); value(x, m.valueType) }
      json.writeEndObject()
    case _ => json.writeString(JsonRows.text(v, of))
  }
}

object JsonRows {
  private def text(v: Any, of: DataType): String = v match {
    // Not its own toInstant, which counts days before 1582 and hours before standard time
    // differently.
    case t: java.sql.Timestamp => DateTimeUtils.microsToInstant(DateTimeUtils.fromJavaTimestamp(t)).toString
    case t: Instant            => t.toString
    case d: java.sql.Date      => d.toLocalDate.toString
    case d: LocalDate          => d.toString
    case t: LocalDateTime      => java.time.format.DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(t)
    case d: Duration           => Intervals.dayTime(d, of)
    case p: Period             => Intervals.yearMonth(p, of)
    case null                  => "null"
    case other                 => other.toString
  }
}
