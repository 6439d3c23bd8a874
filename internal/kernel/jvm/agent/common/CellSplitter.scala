package hearth.agent

import scala.tools.nsc.interpreter.IMain

/** Splits a cell behind its classes. An encoder reaches the classes of a cell through the value that the interpreter makes
  * of the cell, and that is there only once all of it has run: a case class and the Dataset of it have to be run one
  * after the other. Whatever defines no class stays whole.
  */
private[agent] object CellSplitter {

  /** The parts of the cell in order; each has its lines where the cell has them. */
  def parts(it: IMain, code: String): List[String] =
    if (!code.contains("class")) List(code)
    else new CellSplitter(kinds(it, _)).parts(code)

  def onlyDefines(it: IMain, code: String): Boolean = kinds(it, code).exists(!_.contains(Runs))

  private def kinds(it: IMain, code: String): Option[List[Kind]] = Repl.parse(it, code).map(_.map(tree => kind(it)(tree)))

  sealed trait Kind
  case object DefinesClass extends Kind
  case object Defines extends Kind
  case object Runs extends Kind

  private def kind(it: IMain)(tree: it.global.Tree): Kind = {
    import it.global._
    tree match {
      case _: ClassDef                                       => DefinesClass
      case _: ModuleDef | _: DefDef | _: TypeDef | _: Import => Defines
      case _                                                 => Runs
    }
  }
}

private[agent] final class CellSplitter(parse: String => Option[List[CellSplitter.Kind]]) {
  import CellSplitter._

  def parts(code: String): List[String] = (for {
    all <- parse(code)
    n <- behindClasses(all)
    at <- places(code).find(at => count(code.take(at)).contains(n) && count(code.drop(at)).contains(all.size - n))
  } yield code.take(at) :: parts(blank(code.take(at)) + code.drop(at))).getOrElse(List(code))

  private def count(code: String): Option[Int] = parse(code).map(_.size)

  /** How many statements there are before the first one that runs after a class. Definitions next to the class stay with
    * it: they may need each other.
    */
  private def behindClasses(all: List[Kind]): Option[Int] = {
    val first = all.indexWhere(_ == Runs, all.indexOf(DefinesClass))
    if (all.contains(DefinesClass) && first > 0) Some(first) else None
  }

  /** Where a statement may end, the likely places first. The parser has the last word, so it does not matter that
    * some are within a comment or a text.
    */
  private def places(code: String): Iterator[Int] = {
    val ends = code.indices.filter(i => code(i) == '\n' || code(i) == ';').map(_ + 1)
    val (likely, others) = ends.partition(i => i < code.length && !code(i).isWhitespace && !")}]".contains(code(i)))
    likely.iterator ++ others
  }

  private def blank(code: String): String = code.map(c => if (c == '\n') c else ' ')
}
