"""A webhook of Brex, and how it is signed with each of two secrets."""

from __future__ import annotations

from datetime import UTC, datetime

from brex_accounting.webhooks import RecordsReadyForExport

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
NEXT_SECRET = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
BODY = (
    b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT",'
    b'"accountingRecordIds":["accr_abc123","accr_def456"],"companyId":"cuacc_123"}'
)
SIGNATURE = "v1,WDDx68K85fNZrKvc0Xm3RJDaU3DgszqC0On4lV1fkMM="
NEXT_SIGNATURE = "v1,faqfXaFXOJD9lkIGHU+S6FizzjIBQTQKnGaoSyqL3tc="
OTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
SENT = datetime.fromtimestamp(1_767_225_600, UTC)
READY = RecordsReadyForExport(
    id="msg_synthetic0001", sent_at=SENT, record_ids=("accr_abc123", "accr_def456"), company_id="cuacc_123"
)


def headers(signature: str = SIGNATURE, **changes: str | None) -> dict[str, str]:
    found = {"id": "msg_synthetic0001", "timestamp": "1767225600", "signature": signature, **changes}
    return {f"Webhook-{name.title()}": value for name, value in found.items() if value is not None}
