"""The tables of the label store."""

import sqlalchemy as sa

metadata = sa.MetaData()

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("run", sa.String, primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("index", sa.Integer, primary_key=True),
    sa.Column("repeat", sa.Integer, primary_key=True),
    sa.Column("segment_ids", sa.String, nullable=False),
    sa.Column("strategy", sa.String, nullable=False),
    sa.Column("agent_step", sa.Integer, nullable=False),
    sa.Column("asked_at", sa.Float, nullable=False),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("repeat", sa.Integer, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),  # an index, "tie", "skip" or "undo"
    sa.Column("labeller", sa.String, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("answered_at", sa.Float, nullable=False),
    sa.Column("shown_left", sa.Integer, nullable=False),
)

shown_steps = sa.Table(
    "shown_steps",
    metadata,
    sa.Column("run", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("action", sa.Integer, nullable=False),
    sa.Column("shown_at", sa.Float, nullable=False),  # by the session's clock
    sa.Column("trains", sa.Boolean, nullable=False),
    sa.Column("change", sa.LargeBinary, nullable=False),  # float32, little-endian
)

scalar_feedback = sa.Table(
    "scalar_feedback",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("token", sa.String, nullable=False),  # chosen by who sent it; sent again, it is known
    sa.Column("labeller", sa.String, nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("clock", sa.Float, nullable=False),  # by the session's clock
    sa.Column("given_at", sa.Float, nullable=False),
    sa.Column("undoes", sa.Integer),  # the row that this one takes back
    sa.UniqueConstraint("run", "token"),
)

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column(
        "token", sa.String, primary_key=True
    ),  # chosen by who sent it; sent again, it is known
    sa.Column("run", sa.String, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("repeat", sa.Integer, nullable=False),
)
