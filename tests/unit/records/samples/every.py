"""One of every form, by name."""

from __future__ import annotations

from tests.unit.records.samples.directory import (
    consent,
    consent_of,
    directory_audit,
    hub_directory_audit,
    table_directory_audit,
)
from tests.unit.records.samples.exchange import (
    add_mailbox_permission,
    hard_delete,
    mail_items_accessed,
    new_inbox_rule,
    new_sweep_rule,
    new_transport_rule,
    outlook_forward,
    send,
    send_to_all,
    set_mailbox,
    update_inbox_rules,
)
from tests.unit.records.samples.other_workloads import alert, file_downloaded
from tests.unit.records.samples.risk import risk_detection, risk_record, risky_user, table_risk, workload_risk
from tests.unit.records.samples.sign_ins import hub_sign_in, logon, sign_in, table_sign_in
from tests.unit.records.samples.traces import cmdlet_trace, graph_trace
from tests.unit.records.samples.wrapped import office_activity, query_row, search_row

EVERY = {
    "cmdlet rule": new_inbox_rule,
    "mailbox forwarding": set_mailbox,
    "grant": add_mailbox_permission,
    "transport rule": new_transport_rule,
    "send": send,
    "deletion": hard_delete,
    "access": mail_items_accessed,
    "outlook rule": update_inbox_rules,
    "logon": logon,
    "consent": consent,
    "file": file_downloaded,
    "alert": alert,
    "sign-in": sign_in,
    "hub sign-in": hub_sign_in,
    "graph trace": graph_trace,
    "cmdlet trace": cmdlet_trace,
    "send to all": send_to_all,
    "outlook forward": outlook_forward,
    "table sign-in": table_sign_in,
    "office activity": office_activity,
    "search row": search_row,
    "sweep rule": new_sweep_rule,
    "directory audit": directory_audit,
    "hub directory audit": hub_directory_audit,
    "table directory audit": table_directory_audit,
    "consent with a twin": consent_of,
    "risk detection": risk_detection,
    "workload risk": workload_risk,
    "risky user": risky_user,
    "risk record": risk_record,
    "table risk": table_risk,
    "query row": query_row,
}
