package hearth.agent

import java.io.{ByteArrayOutputStream, DataInputStream, EOFException, FileOutputStream, InputStream, OutputStream}
import java.nio.ByteBuffer

import com.fasterxml.jackson.core.{JsonFactory, JsonGenerator, JsonParser, JsonToken}

/** A received frame: its type and its top-level fields (numbers as Long or Double). */
final case class Frame(kind: String, fields: Map[String, Any]) {
  def long(name: String): Long = fields.get(name).collect { case n: Number => n.longValue }.getOrElse(0L)
  def text(name: String): String = fields.get(name).collect { case s: String => s }.getOrElse("")
}

/** Reads and writes frames of package kernel: 4 bytes of length, big-endian, and one JSON object in
  * UTF-8. `receive` is for one thread, `send` for any.
  */
final class Frames(in: InputStream, out: OutputStream) {
  private val json = new JsonFactory
  private val data = new DataInputStream(in)

  /** Writes one frame. A supervisor that no longer reads is dead, and so is this instance. */
  def send(kind: String, fields: (String, Any)*): Unit = {
    val bytes = encode(kind, fields)
    try synchronized { out.write(bytes); out.flush() }
    catch { case _: java.io.IOException => Runtime.getRuntime.halt(Agent.Orphaned) }
  }

  /** Sends a frame that ends a value. Long texts of the value go ahead of it in Part frames, so
    * that a value may be longer than a frame and nobody on its way holds more of it than one part.
    */
  def sendValue(kind: String, statement: Long, data: Map[String, String], fields: (String, Any)*): Unit = {
    val (short, long) = data.partition(_._2.length <= Frames.Piece)
    for ((mime, text) <- long; piece <- Frames.pieces(text)) send("part", "stmt" -> statement, "data" -> Map(mime -> piece))
    send(kind, ("stmt" -> statement) +: ("data" -> short) +: fields: _*)
  }

  private def encode(kind: String, fields: Seq[(String, Any)]): Array[Byte] = {
    val body = new ByteArrayOutputStream(256)
    body.write(new Array[Byte](4))
    val generator = json.createGenerator(body)
    Frames.write(generator, Map("type" -> kind) ++ fields)
    generator.close()
    val bytes = body.toByteArray
    ByteBuffer.wrap(bytes).putInt(bytes.length - 4)
    bytes
  }

  /** Returns the next frame, None at the end of the stream or if it cannot be decoded. */
  def receive(): Option[Frame] =
    try {
      val length = data.readInt()
      if (length < 0 || length > Frames.MaxFrame) None
      else {
        val body = new Array[Byte](length)
        data.readFully(body)
        Some(parse(body))
      }
    } catch { case _: EOFException | _: java.io.IOException => None }

  private def parse(body: Array[Byte]): Frame = {
    val parser = json.createParser(body)
    var fields = Map.empty[String, Any]
    parser.nextToken()
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      val name = parser.getCurrentName
      Frames.scalar(parser).foreach(v => fields += name -> v)
    }
    Frame(fields.get("type").collect { case s: String => s }.getOrElse(""), fields)
  }
}

object Frames {
  val Version = 1
  val MaxFrame: Int = 16 << 20
  private val Piece = 64 << 10 // characters

  /** Splits a text into pieces. A pair of surrogates is one character and stays together. */
  private def pieces(text: String): Iterator[String] = {
    var at = 0
    Iterator.continually {
      var end = math.min(at + Piece, text.length)
      if (end < text.length && Character.isHighSurrogate(text.charAt(end - 1))) end -= 1
      val piece = text.substring(at, end)
      at = end
      piece
    }.takeWhile(_.nonEmpty)
  }

  /** Returns the frames on standard input and on the pipe that the supervisor left open at
    * HEARTH_OUT_FD.
    */
  def inherited(): Frames = {
    val in = System.in
    // User code that reads standard input must find it empty instead of taking frames.
    System.setIn(new java.io.ByteArrayInputStream(Array.emptyByteArray))
    new Frames(in, new FileOutputStream("/dev/fd/" + sys.env("HEARTH_OUT_FD")))
  }

  private def scalar(p: JsonParser): Option[Any] = p.nextToken() match {
    case JsonToken.VALUE_STRING                             => Some(p.getText)
    case JsonToken.VALUE_NUMBER_INT                         => Some(p.getLongValue)
    case JsonToken.VALUE_NUMBER_FLOAT                       => Some(p.getDoubleValue)
    case JsonToken.VALUE_TRUE                               => Some(true)
    case JsonToken.VALUE_FALSE                              => Some(false)
    case JsonToken.START_OBJECT | JsonToken.START_ARRAY     => p.skipChildren(); None
    case _                                                  => None
  }

  private def write(g: JsonGenerator, value: Any): Unit = value match {
    case s: String    => g.writeString(s)
    case n: Int       => g.writeNumber(n)
    case n: Long      => g.writeNumber(n)
    case n: Double    => g.writeNumber(n)
    case b: Boolean   => g.writeBoolean(b)
    case m: Map[_, _] =>
      g.writeStartObject()
      m.foreach { case (k, v) => g.writeFieldName(k.toString); write(g, v) }
      g.writeEndObject()
    case l: Seq[_] =>
      g.writeStartArray()
      l.foreach(write(g, _))
      g.writeEndArray()
    case null  => g.writeNull()
    case other => g.writeString(other.toString)
  }
}
