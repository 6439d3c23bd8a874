package hearth.agent

import scala.annotation.tailrec
import scala.tools.nsc.ast.parser.Tokens
import scala.tools.nsc.interpreter.hearth.Repl

/** A part of a cell. Its lines have their numbers in the cell.
  *
  * @param at the place of its last statement in the cell
  * @param silent whether its value has no name and is not shown: an expression before the last one
  */
private[agent] final case class Part(at: Int, code: String, silent: Boolean)

/** Splits a cell into parts, each of which becomes an object of its own: a closure takes along to
  * executors what it uses, and no value beside that; an encoder reaches a class through an object
  * that exists. What needs to be together stays: companions, a sealed class and its cases,
  * overloads, private names and those who use them, and definitions that use each other. A
  * definition comes before or behind a value as they use each other; all that runs keeps its order.
  */
private[agent] final class CellSplitter(it: Repl) {
  import it.global._
  import it.memberHandlers.chooseHandler

  /** What is known of a statement of a cell. */
  private final class Statement(val from: Int, val until: Int, trees: List[Tree]) {
    private val handlers = trees.map(chooseHandler)
    private val members = trees.collect { case DocDef(_, member: MemberDef) => member; case member: MemberDef => member }
    val imports: Boolean = trees.forall(_.isInstanceOf[Import])
    // A function takes along the object that holds it, and Java cannot read one that leads back to
    // the function. It works where the object is not complete yet: for those who use it there.
    val function: Boolean = trees match {
      case List(value: ValDef) => !value.mods.isLazy && value.rhs.isInstanceOf[Function]
      case _                   => false
    }
    val defines: Boolean = imports || function || trees.forall(definition)
    val shows: Boolean = trees.last match {
      case _: MemberDef | _: DocDef | _: Import | _: Assign => true
      case _                                                => false
    }
    val names: Set[String] = members.map(_.name.toString).filterNot(n => n.startsWith("x$") || n == "_").toSet
    val uses: Set[String] = handlers.flatMap(_.referencedNames).map(_.toString).toSet
    val hidden: Set[String] = members.filter(m => m.mods.isPrivate || m.mods.isProtected).map(_.name.toString).toSet
    val isSealed: Set[String] = members.filter(_.mods.isSealed).map(_.name.toString).toSet
    val early: Boolean = defines && !imports && members.exists(_.mods.isImplicit)
    val parents: Set[String] = trees.flatMap(_.collect { case Template(parents, _, _) => parents.flatMap(namesIn) }).flatten.toSet
    val self: Boolean = trees.exists(outerThis)
    def isPlain(known: Set[String]): Boolean = trees.forall {
      case value: ValDef => !value.mods.isLazy && plain(value.rhs, known)
      case other         => other.isTerm && plain(other, known)
    }
    val inert: Boolean = trees.forall(CellSplitter.this.inert)
  }

  private def definition(tree: Tree): Boolean = tree match {
    case DocDef(_, inner)                                  => definition(inner)
    case value: ValDef                                     => value.mods.isLazy
    case _: ClassDef | _: ModuleDef | _: DefDef | _: TypeDef => true
    case _                                                 => false
  }

  private def namesIn(tree: Tree): List[String] = tree.collect { case Ident(name) => name.toString }

  /** Reports whether a tree mentions the object that holds the cell. */
  private def outerThis(tree: Tree): Boolean = tree match {
    case This(name)    => name.isEmpty
    case _: Template   => false
    case _             => tree.children.exists(outerThis)
  }

  private def operator(name: Name): Boolean = !name.decode.exists(c => Character.isJavaIdentifierPart(c) || c == ':')

  /** Reports whether an expression is made of literals and of known names by operators that never
    * fail.
    */
  private def plain(tree: Tree, known: Set[String]): Boolean = tree match {
    case Literal(_)                  => true
    case Ident(name)                 => known(name.toString)
    case Apply(Select(on, op), args) => operator(op) && !Set("/", "%")(op.decode) && (on :: args).forall(plain(_, known))
    case Select(on, op)              => op.toString.startsWith("unary_") && plain(on, known)
    case _                           => false
  }

  /** Reports whether an expression makes no function: one that prints, or that calls methods of a
    * name with literals.
    */
  private def inert(tree: Tree): Boolean = {
    def value(tree: Tree): Boolean = tree match {
      case Literal(_) | Ident(_)                                                    => true
      case Select(on, _)                                                            => value(on)
      case Apply(Select(Apply(Ident(TermName("StringContext")), _), _), args)       => args.forall(value)
      case Apply(Select(on, op), args) if operator(op)                              => (on :: args).forall(value)
      case _                                                                        => inert(tree)
    }
    tree match {
      case Apply(Ident(TermName("println" | "print")), args) => args.forall(value)
      case Apply(Select(on, _), args)                        => value(on) && args.forall(_.isInstanceOf[Literal])
      case _                                                 => false
    }
  }

  /** Returns the parts of a cell in the order in which they run. */
  def parts(code: String): List[Part] = {
    val found = statements(code)
    if (found.size < 2 || found.size > CellSplitter.MostStatements || found.exists(_.self)) List(Part(0, code, silent = false))
    else {
      val all = found.toVector
      joined(arrange(groups(all), all), all).map(part(code, all, _))
    }
  }

  private def part(code: String, all: Vector[Statement], group: List[Int]): Part = {
    val chars = code.toCharArray
    val kept = group.map(all)
    for (i <- chars.indices if chars(i) != '\n' && !kept.exists(s => s.from <= i && i < s.until)) chars(i) = ' '
    Part(group.last, new String(chars), !kept.last.shows && group.last < all.size - 1)
  }

  /** Returns the statements of a cell that can be parsed. */
  private def statements(code: String): List[Statement] = it.parsed(code) match {
    case Some(trees) if trees.size > 1 =>
      val found = cut(code, 0 :: places(code))
      if (found.map(_._3.size).sum == trees.size) found.map { case (from, until, its) => new Statement(from, until, its) } else Nil
    case _ => Nil
  }

  /** Returns the pieces of code between places where they can be parsed alone. */
  private def cut(code: String, places: List[Int]): List[(Int, Int, List[Tree])] = {
    def trees(from: Int, until: Int) = it.parsed(code.substring(from, until))
    @tailrec def next(from: Int, ends: List[Int], done: List[(Int, Int, List[Tree])]): List[(Int, Int, List[Tree])] = ends match {
      case Nil => done.reverse
      case end :: rest => trees(from, end) match {
        case Some(its) if its.nonEmpty && !(rest.nonEmpty && goesOn(end, rest.head, from, its.size)) => next(end, rest, (from, end, its) :: done)
        case _                                                                                       => next(from, rest, done)
      }
    }
    // A block or a list of parameters on the next line may belong to the line before.
    def goesOn(end: Int, after: Int, from: Int, size: Int) = "({".contains(code.substring(end).trim.take(1)) &&
      !(for { one <- trees(end, after); both <- trees(from, after) } yield one.size + size == both.size).getOrElse(false)
    next(0, places.tail :+ code.length, Nil)
  }

  /** Returns the places where a statement may begin after another one, as the scanner sees it. */
  private def places(code: String): List[Int] = {
    val scanner = newUnitScanner(newCompilationUnit(code))
    scanner.init()
    var depth = 0
    var found = List.empty[Int]
    var ends = false
    while (scanner.token != Tokens.EOF && scanner.token != Tokens.XMLSTART) {
      val token = scanner.token
      if (ends && !separates(token)) { found ::= scanner.offset; ends = false }
      if (token == Tokens.LBRACE || token == Tokens.LPAREN || token == Tokens.LBRACKET) depth += 1
      if (token == Tokens.RBRACE || token == Tokens.RPAREN || token == Tokens.RBRACKET) depth -= 1
      if (depth == 0 && separates(token)) ends = true
      scanner.nextToken()
    }
    if (scanner.token == Tokens.XMLSTART) Nil else found.reverse
  }

  private def separates(token: Int): Boolean = token == Tokens.NEWLINE || token == Tokens.NEWLINES || token == Tokens.SEMI

  /** Returns the groups of statements that have to be together, each in order. */
  private def groups(all: Vector[Statement]): List[List[Int]] = {
    val indices = all.indices.toList
    val needs = indices.map(i => i -> required(all, i)).toMap
    def reach(from: Int): Set[Int] = {
      @tailrec def go(open: List[Int], seen: Set[Int]): Set[Int] = open match {
        case Nil       => seen
        case i :: rest => val more = needs(i) -- seen; go(more.toList ::: rest, seen ++ more)
      }
      go(List(from), Set(from))
    }
    val reached = indices.map(reach).toVector
    indices.groupBy(i => indices.find(j => reached(i)(j) && reached(j)(i)).get).values.map(_.sorted).toList
  }

  /** Returns the statements that have to be there before a statement or together with it. */
  private def required(all: Vector[Statement], i: Int): Set[Int] = {
    val one = all(i)
    all.indices.filter { j =>
      val other = all(j)
      j != i && (
        // the order of what runs, and of imports
        j < i && !one.defines && !other.defines || j < i && (one.imports || other.imports) ||
        // names; what runs does not use a value that only comes later
        one.uses.exists(other.names) && (j < i || one.defines || other.defines) ||
        one.function && !other.defines && other.uses.exists(one.names) ||
        // what has to be together
        one.names.exists(other.names) ||
        one.hidden.exists(other.uses) || other.hidden.exists(one.uses) ||
        one.isSealed.exists(other.parents) || other.isSealed.exists(one.parents))
    }.toSet
  }

  /** Returns the groups in an order in which each finds what it needs. Implicit definitions come
    * first, because nobody names them.
    */
  private def arrange(groups: List[List[Int]], all: Vector[Statement]): List[List[Int]] = {
    val needs = groups.map(group => group -> (group.flatMap(required(all, _)).toSet -- group)).toMap
    @tailrec def next(left: List[List[Int]], done: Set[Int], order: List[List[Int]]): List[List[Int]] =
      if (left.isEmpty) order.reverse
      else {
        val one = left.find(group => needs(group).subsetOf(done)).get
        next(left.filterNot(_ eq one), done ++ one, one :: order)
      }
    val (early, late) = groups.sortBy(_.head).partition(_.forall(all(_).early))
    next(early ::: late, Set.empty, Nil)
  }

  /** Joins neighbours that may as well be one object, which is faster to compile: texts and numbers
    * beside each other, and expressions that print.
    */
  private def joined(groups: List[List[Int]], all: Vector[Statement]): List[List[Int]] = {
    def silent(i: Int) = !all(i).shows && i < all.size - 1
    def known(group: List[Int]) = group.flatMap(all(_).names).toSet
    def plain(group: List[Int], before: Set[String]) = group.forall(i => !silent(i) && all(i).isPlain(before))
    groups.foldLeft(List.empty[List[Int]]) {
      case (last :: done, List(i)) if silent(i) && all(i).inert && last.forall(j => silent(j) && all(j).inert) => (last :+ i) :: done
      case (last :: done, List(i)) if plain(List(i), known(last)) && plain(last, known(last))                  => (last :+ i) :: done
      case (done, group)                                                                                       => group :: done
    }.reverse
  }
}

private[agent] object CellSplitter {
  // Each part is an object to compile, and to find out how parts need each other takes time that
  // grows with the cube of their number.
  private val MostStatements = 100
}
