from pathlib import Path
from app.accounts.importing import *
D=Path("/work/shared/data")
def test_it(database, tmp_path):
    for n,f in (("accounts",import_accounts),("contacts",import_contacts),("revenue",import_revenue)):
        r=f(D/f"{n}.csv", dry_run=True); print(r)
        r=f(D/f"{n}.csv", rejected_to=tmp_path/"rej.csv")
        print(r)
        print((tmp_path/"rej.csv").read_text())
        r=f(D/f"{n}.csv"); print(r)
