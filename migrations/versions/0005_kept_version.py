"""A campaign may keep to one version of its survey"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('campaign', sa.Column('survey_version', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("Migrations move forward only; restore a backup to go back.")
