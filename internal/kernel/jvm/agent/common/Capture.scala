package hearth.agent

import java.io.{ByteArrayOutputStream, OutputStream, PrintStream}
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.{ForkJoinWorkerThread, ScheduledThreadPoolExecutor, TimeUnit}

/** Captures the output of one statement and sends it as Stream frames of at most 64 KiB, in the
  * order of both streams. A whole line is sent at once, because the next one may end the JVM, and
  * the rest within a tenth of a second.
  *
  * After `limit` bytes a last text says that the output was cut. As many bytes more, and the output
  * of threads after the end of the statement, go to the log of the instance.
  */
final class Capture(frames: Frames, statement: Long, limit: Long) {
  import Capture._

  private val pending = new ByteArrayOutputStream // guarded by this, as all that follows
  private var stream = "stdout"
  private var kept = 0L
  private var logged = 0L // bytes over the limit
  private var cut = false
  @volatile private var closed = false // read without the lock
  private var scheduled = false

  def write(name: String, bytes: Array[Byte], from: Int, length: Int): Unit = synchronized {
    if (closed) log(name).write(bytes, from, length)
    else if (cut) rest(bytes, from, length)
    else {
      if (name != stream) { flush(whole = true); stream = name }
      pending.write(bytes, from, length)
      if (pending.size >= Piece || length > 0 && bytes(from + length - 1) == '\n') flush(whole = false)
      if (pending.size > 0 && !scheduled) {
        scheduled = true
        timer.schedule((() => tick()): Runnable, FlushEveryMs, TimeUnit.MILLISECONDS)
      }
    }
  }

  /** Sends the pending output. Output after this does not belong to the statement. */
  def close(): Unit = synchronized { flush(whole = true); closed = true }

  private def tick(): Unit = synchronized {
    scheduled = false
    if (!closed) flush(whole = false)
  }

  /** Sends the pending output. Unless `whole` is set, an incomplete character waits for its rest.
    */
  private def flush(whole: Boolean): Unit = {
    val bytes = pending.toByteArray
    pending.reset()
    val ready = if (whole) bytes.length else complete(bytes)
    pending.write(bytes, ready, bytes.length - ready)
    var at = 0
    while (at < ready) {
      val end = if (ready - at <= Piece) ready else at + math.max(1, complete(bytes.slice(at, at + Piece)))
      send(bytes, at, end - at)
      at = end
    }
  }

  private def send(bytes: Array[Byte], from: Int, length: Int): Unit =
    if (cut) rest(bytes, from, length)
    else {
      val fits = math.min(length.toLong, limit - kept).toInt
      val part = if (fits == length) fits else complete(bytes.slice(from, from + fits))
      kept += part
      if (part > 0) emit(new String(bytes, from, part, UTF_8))
      if (part < length) {
        cut = true
        emit(s"\n… output truncated after $limit bytes; the rest is in the session log\n")
        rest(bytes, from + part, length - part)
      }
    }

  /** Logs output over the limit, up to the limit once more: an endless print must not fill the
    * disk.
    */
  private def rest(bytes: Array[Byte], from: Int, length: Int): Unit = {
    val part = math.max(0L, math.min(length.toLong, limit - logged)).toInt
    log(stream).write(bytes, from, part)
    if (part < length && logged <= limit) {
      log(stream).println(s"\n… more output of statement $statement is dropped")
      logged = limit + 1
    } else logged += part
  }

  private def emit(text: String): Unit = frames.send("stream", "stmt" -> statement, "name" -> stream, "text" -> text)
}

object Capture {
  private val Piece = 64 << 10
  private val FlushEveryMs = 100L
  private val out = System.out
  private val err = System.err

  /** The capture of a thread and of the threads that it starts. */
  private val current = new InheritableThreadLocal[Capture]
  @volatile private var running: Capture = _ // the capture of the running statement, null while none runs

  /** Returns the capture of the calling thread. A thread of the pools that Scala and Java share is
    * started for one statement and works for all that follow.
    */
  private def ofThread: Capture = current.get match {
    case own if (own == null || own.closed) && Thread.currentThread.isInstanceOf[ForkJoinWorkerThread] => running
    case own                                                                                            => own
  }

  private lazy val timer = {
    val one = new ScheduledThreadPoolExecutor(1, (r: Runnable) => {
      val t = new Thread(r, "hearth-output"); t.setDaemon(true); t
    })
    one.setRemoveOnCancelPolicy(true)
    one
  }

  /** Replaces the standard output, once, by a stream that chooses the capture of the thread that
    * prints. Threads without a capture still print to the log. It must come before anything uses
    * Scala's Console, which keeps the stream that it finds.
    */
  lazy val installedOut: Unit = System.setOut(new PrintStream(new Tee("stdout", out), true, "UTF-8"))

  /** Replaces both standard streams. It must come after log4j has taken its stream, because the log
    * is no output of a statement.
    */
  private lazy val installed: Unit = {
    installedOut
    System.setErr(new PrintStream(new Tee("stderr", err), true, "UTF-8"))
  }

  /** Makes a capture that of the calling thread and of threads that it starts from now on, until it
    * is closed.
    */
  def follow(capture: Capture): Unit = {
    installed
    current.set(capture)
  }

  /** Runs the body with its output going to the capture. */
  def during[A](capture: Capture)(body: => A): A = {
    installed
    current.set(capture)
    running = capture
    try Console.withOut(System.out)(Console.withErr(System.err)(body))
    finally { running = null; current.remove(); capture.close() }
  }

  private def log(name: String): PrintStream = if (name == "stderr") err else out

  /** Returns how many of the bytes form complete characters of UTF-8. */
  private def complete(bytes: Array[Byte]): Int = {
    var start = bytes.length - 1
    while (start >= 0 && bytes.length - start < 4 && (bytes(start) & 0xC0) == 0x80) start -= 1
    if (start < 0) bytes.length
    else {
      val lead = bytes(start) & 0xFF
      val need = if (lead >= 0xF0) 4 else if (lead >= 0xE0) 3 else if (lead >= 0xC0) 2 else 1
      if (bytes.length - start < need) start else bytes.length
    }
  }

  private final class Tee(name: String, real: PrintStream) extends OutputStream {
    override def write(b: Int): Unit = write(Array(b.toByte), 0, 1)
    override def write(b: Array[Byte], from: Int, length: Int): Unit = ofThread match {
      case null    => real.write(b, from, length)
      case capture => capture.write(name, b, from, length)
    }
    override def flush(): Unit = if (ofThread == null) real.flush()
  }
}
