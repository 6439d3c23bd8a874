package hearth.install

import org.apache.spark.launcher.JavaModuleOptions

/** Prints, one per line, the module options that this Spark needs from Java; the installer records
  * them.
  */
object Options {
  def main(args: Array[String]): Unit =
    JavaModuleOptions.defaultModuleOptions().split("\\s+").filter(_.nonEmpty).foreach(o => println("hearth:option\t" + o))
}
