package hearth.agent

import java.io.PrintWriter

import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.{IMain, PresentationCompilerCompleter}

/** The interpreter of Scala 2.12. */
private[agent] object Repl {
  def make(settings: Settings, out: PrintWriter, parent: ClassLoader): IMain = {
    val it = new IMain(settings, out) { override protected def parentClassLoader: ClassLoader = parent }
    it.initializeSynchronous()
    it
  }

  def complete(it: IMain, code: String, cursor: Int): Seq[String] =
    new PresentationCompilerCompleter(it).complete(code, cursor).candidates

  def parse(it: IMain, code: String): Option[List[it.global.Tree]] = it.parse(code) match {
    case it.parse.Success(trees) => Some(trees)
    case _                       => None
  }
}
