package hearth.agent

/** What `java` starts: the agent of one instance, or the rehearsal of a start. */
object Main {
  def main(args: Array[String]): Unit =
    if (args.contains("--train")) Train.run() else Agent.serve()
}
