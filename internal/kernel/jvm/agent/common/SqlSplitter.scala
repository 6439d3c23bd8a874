package org.apache.spark.sql.catalyst.parser.hearth

import scala.collection.JavaConverters._

import org.antlr.v4.runtime.{CharStreams, CommonTokenStream, Token}

import org.apache.spark.sql.catalyst.parser.{SqlBaseLexer, UpperCaseCharStream}

/** Splits a cell of SQL into its statements by the tokens of Spark's own lexer: a semicolon inside
  * a string, a comment or a quoted identifier ends nothing, and text without a token is no
  * statement.
  */
object SqlSplitter {
  def statements(code: String): Seq[String] = {
    val lexer = new SqlBaseLexer(new UpperCaseCharStream(CharStreams.fromString(code)))
    lexer.removeErrorListeners() // the parser reports errors
    val stream = new CommonTokenStream(lexer)
    stream.fill()
    val tokens = stream.getTokens.asScala.filter(t => t.getChannel == Token.DEFAULT_CHANNEL && t.getType != Token.EOF).toList
    // The lexer counts characters, a String counts UTF-16 units.
    def at(character: Int): Int = code.offsetByCodePoints(0, character)
    split(tokens).map { one =>
      // Comments above the first statement belong to it, so that the line of an error is the line
      // in the cell.
      val start = if (one.head eq tokens.head) 0 else at(one.head.getStartIndex)
      code.substring(start, at(one.last.getStopIndex + 1))
    }
  }

  private def split(tokens: List[Token]): List[List[Token]] = {
    val (one, rest) = tokens.span(_.getType != SqlBaseLexer.SEMICOLON)
    val others = if (rest.isEmpty) Nil else split(rest.tail)
    if (one.isEmpty) others else one :: others
  }
}
