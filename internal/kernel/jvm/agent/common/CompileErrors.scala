package hearth.agent

/** Parses the interpreter's messages about a cell that failed. */
object CompileErrors {
  // Scala 2.12: "<console>:12: error: not found: value x", then the source line, then a caret below
  // it.
  private val Place = """<console>:(\d+):(.*)""".r
  // Scala 2.13: the source line unless the cell has only one, the caret, then "On line 2: error: …"
  // or "error: …". Its shell prints them below the input line, which starts after a prompt of seven
  // characters.
  private val Below = """\s*(?:On line (\d+): )?((?:error|warning): .*)""".r
  private val Prompt = 7
  private val Exception = """^([\w.$]+(?:Exception|Error|Throwable|Interrupt\w*|Failure)?)(?:: (.*))?$""".r

  def outcome(said: String, code: String): Outcome.Failure = {
    val lines = said.linesIterator.toList
    lines.headOption match {
      case Some(first) if isTrace(lines)            => thrown(first, lines)
      case _ if lines.exists(_.contains("error:"))  => notCompiled(lines, code)
      case Some(first)                              => thrown(first, lines)
      case None                                     => Outcome.Failure("Error", "the cell failed without a message", Nil)
    }
  }

  private def isTrace(lines: List[String]): Boolean = lines.exists(_.trim.startsWith("at "))

  private def thrown(first: String, lines: List[String]): Outcome.Failure = {
    // The frames of a trace below the wrapper of the cell are of no use.
    val shown = lines.takeWhile(l => !l.contains("scala.tools.nsc.interpreter") && !l.trim.startsWith("at hearth.agent"))
    first match {
      case Exception(name, message) => Outcome.Failure(name, Option(message).getOrElse(""), shown.map(_ + "\n"))
      case _                        => Outcome.Failure("Error", first, shown.map(_ + "\n"))
    }
  }

  private def notCompiled(lines: List[String], code: String): Outcome.Failure = {
    val located = locate(lines, code)
    val first = located.find(_.contains("error:")).getOrElse(located.head)
    Outcome.Failure("CompileError", first.trim, located.map(_ + "\n"))
  }

  /** Replaces line numbers of the interpreter, which counts its own wrapper too, by the line and
    * column in the cell.
    */
  private def locate(lines: List[String], code: String): List[String] = {
    val cell = code.linesIterator.toVector
    lines.zipWithIndex.map {
      case (line @ Place(_, rest), i) =>
        val (source, caret) = around(lines, i)
        source.flatMap(s => find(cell, s)).fold(line) { case (row, indent) =>
          val column = caret.map(c => c - (source.get.length - source.get.dropWhile(_ == ' ').length) + indent + 1)
          s"<console>:${row + 1}" + column.filter(_ > 0).fold("")(":" + _) + ":" + rest
        }
      case (Below(row, rest), i) =>
        val column = lines.lastIndexWhere(_.trim == "^", i) match {
          case -1    => ""
          case caret => s":${math.max(lines(caret).indexOf('^') - Prompt, 0) + 1}"
        }
        s"<console>:${Option(row).getOrElse("1")}$column: $rest"
      case (line, _) => line
    }
  }

  /** Returns the source line of a message and the column of the caret below it. */
  private def around(lines: List[String], at: Int): (Option[String], Option[Int]) = {
    val next = lines.indexWhere(Place.pattern.matcher(_).matches, at + 1)
    val after = lines.indexWhere(_.trim == "^", at + 1)
    val caret = if (after > 0 && (next < 0 || after < next)) after else lines.lastIndexWhere(_.trim == "^", at - 1)
    if (caret < 1) (None, None) else (lines.lift(caret - 1), Some(lines(caret).indexOf('^')))
  }

  private def find(cell: Vector[String], source: String): Option[(Int, Int)] = {
    val row = cell.indexWhere(_.trim == source.trim)
    if (row < 0) None else Some((row, cell(row).length - cell(row).dropWhile(_ == ' ').length))
  }
}
