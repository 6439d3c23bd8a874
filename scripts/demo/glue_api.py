"""The demo's first client: boto3 as it comes, pointed at a server by one argument."""

import os
import sys
import time

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]  # the demo must not meet anybody's real account
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)

import boto3  # noqa: E402  (after the environment is clean)
from transcript import say, wait  # noqa: E402

CELLS = [
    "1 + 1",
    """from pyspark.sql import functions as F
numbers = spark.range(1_000_000).withColumn("digit", F.col("id") % 10)
numbers.groupBy("digit").agg(F.sum("id").alias("sum")).orderBy("digit").show(3)""",
    """text = "the fire of the morning was the fire of the evening"
words = sc.parallelize(text.split()).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
sorted(words.collect(), key=lambda pair: (-pair[1], pair[0]))[:3]""",
    """1 / 0""",
]
ENDLESS = "while True: pass"


def main(url):
    print(f'>>> glue = boto3.client("glue", endpoint_url="{url}", …)')
    glue = boto3.client(
        "glue",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="any",
        aws_secret_access_key="thing",
    )
    print('>>> glue.create_session(Id="demo", Role=…, Command={"Name": "glueetl", "PythonVersion": "3"})')
    began = time.monotonic()
    glue.create_session(
        Id="demo",
        Role="arn:aws:iam::000000000000:role/Demo",
        Command={"Name": "glueetl", "PythonVersion": "3"},
    )
    session = wait(lambda: glue.get_session(Id="demo")["Session"], "Status", ("READY", "FAILED"))
    if session["Status"] != "READY":
        sys.exit(f"the session is {session['Status']}: {session.get('ErrorMessage')}")
    say(f"{session['Status']} after {time.monotonic() - began:.1f} s")

    for code in CELLS:
        run(glue, code)

    print("\n>>> glue.run_statement(…)")
    say(ENDLESS)
    number = glue.run_statement(SessionId="demo", Code=ENDLESS)["Id"]
    wait(lambda: glue.get_statement(SessionId="demo", Id=number)["Statement"], "State", ("RUNNING",))
    print(f">>> glue.cancel_statement(SessionId=\"demo\", Id={number})")
    glue.cancel_statement(SessionId="demo", Id=number)
    done = wait(lambda: glue.get_statement(SessionId="demo", Id=number)["Statement"], "State", ("CANCELLED",))
    say(done["State"])
    run(glue, "numbers.count()  # the session is as it was")

    print('\n>>> glue.delete_session(Id="demo")')
    glue.delete_session(Id="demo")


def run(glue, code):
    """Runs one cell and shows it as a transcript."""
    print("\n>>> glue.run_statement(…)")
    say(code)
    number = glue.run_statement(SessionId="demo", Code=code)["Id"]
    done = wait(lambda: glue.get_statement(SessionId="demo", Id=number)["Statement"], "State", ("AVAILABLE", "ERROR"))
    output = done["Output"]
    print("---")
    if output["Status"] == "ok":
        say(output["Data"]["TextPlain"])
    else:
        say(f"{output['ErrorName']}: {output['ErrorValue']}")
        if code not in ("1 / 0",):
            sys.exit("this cell should have worked")


if __name__ == "__main__":
    main(sys.argv[1])
