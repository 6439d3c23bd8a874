package hearth.agent

/** The main class: the agent of one instance, or a rehearsal of its start. */
object Main {
  def main(args: Array[String]): Unit =
    if (args.contains("--train")) Train.run() else Agent.serve()
}
