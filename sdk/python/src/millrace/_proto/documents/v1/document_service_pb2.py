# Generated from millrace/documents/v1/document_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool

_pool.add_file(
    "CixtaWxscmFjZS9kb2N1bWVudHMvdjEvZG9jdW1lbnRfc2VydmljZS5wcm90bxIVbWlsbHJhY2UuZG9jdW1lbnRz"
    "LnYxGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvIpcCCghEb2N1bWVudBIOCgJpZBgBIAEoCVICaWQS"
    "EgoEbmFtZRgCIAEoCVIEbmFtZRIhCgxjb250ZW50X3R5cGUYAyABKAlSC2NvbnRlbnRUeXBlEhIKBHNpemUYBCAB"
    "KARSBHNpemUSFgoGc2hhMjU2GAUgASgJUgZzaGEyNTYSOwoLY3JlYXRlX3RpbWUYBiABKAsyGi5nb29nbGUucHJv"
    "dG9idWYuVGltZXN0YW1wUgpjcmVhdGVUaW1lEjsKC2V4cGlyZV90aW1lGAcgASgLMhouZ29vZ2xlLnByb3RvYnVm"
    "LlRpbWVzdGFtcFIKZXhwaXJlVGltZRIeCgp1bnJlYWRhYmxlGAggASgJUgp1bnJlYWRhYmxlIsABChVVcGxvYWRE"
    "b2N1bWVudFJlcXVlc3QSRQoGaGVhZGVyGAEgASgLMisubWlsbHJhY2UuZG9jdW1lbnRzLnYxLlVwbG9hZERvY3Vt"
    "ZW50SGVhZGVySABSBmhlYWRlchIaCgdjb250ZW50GAIgASgMSABSB2NvbnRlbnQSPAoDZW5kGAMgASgLMigubWls"
    "bHJhY2UuZG9jdW1lbnRzLnYxLlVwbG9hZERvY3VtZW50RW5kSABSA2VuZEIGCgRwYXJ0IhMKEVVwbG9hZERvY3Vt"
    "ZW50RW5kIooBChRVcGxvYWREb2N1bWVudEhlYWRlchISCgRuYW1lGAEgASgJUgRuYW1lEiEKDGNvbnRlbnRfdHlw"
    "ZRgCIAEoCVILY29udGVudFR5cGUSOwoLZXhwaXJlX3RpbWUYAyABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0"
    "YW1wUgpleHBpcmVUaW1lInEKFlVwbG9hZERvY3VtZW50UmVzcG9uc2USOwoIZG9jdW1lbnQYASABKAsyHy5taWxs"
    "cmFjZS5kb2N1bWVudHMudjEuRG9jdW1lbnRSCGRvY3VtZW50EhoKCGV4aXN0aW5nGAIgASgIUghleGlzdGluZyJS"
    "ChRMaXN0RG9jdW1lbnRzUmVxdWVzdBIbCglwYWdlX3NpemUYASABKA1SCHBhZ2VTaXplEh0KCnBhZ2VfdG9rZW4Y"
    "AiABKAlSCXBhZ2VUb2tlbiJ+ChVMaXN0RG9jdW1lbnRzUmVzcG9uc2USPQoJZG9jdW1lbnRzGAEgAygLMh8ubWls"
    "bHJhY2UuZG9jdW1lbnRzLnYxLkRvY3VtZW50Uglkb2N1bWVudHMSJgoPbmV4dF9wYWdlX3Rva2VuGAIgASgJUg1u"
    "ZXh0UGFnZVRva2VuIjgKFURlbGV0ZURvY3VtZW50UmVxdWVzdBIfCgtkb2N1bWVudF9pZBgBIAEoCVIKZG9jdW1l"
    "bnRJZCIYChZEZWxldGVEb2N1bWVudFJlc3BvbnNlIjUKEkdldERvY3VtZW50UmVxdWVzdBIfCgtkb2N1bWVudF9p"
    "ZBgBIAEoCVIKZG9jdW1lbnRJZCJSChNHZXREb2N1bWVudFJlc3BvbnNlEjsKCGRvY3VtZW50GAEgASgLMh8ubWls"
    "bHJhY2UuZG9jdW1lbnRzLnYxLkRvY3VtZW50Ughkb2N1bWVudCI6ChdEb3dubG9hZERvY3VtZW50UmVxdWVzdBIf"
    "Cgtkb2N1bWVudF9pZBgBIAEoCVIKZG9jdW1lbnRJZCJ9ChhEb3dubG9hZERvY3VtZW50UmVzcG9uc2USPQoIZG9j"
    "dW1lbnQYASABKAsyHy5taWxscmFjZS5kb2N1bWVudHMudjEuRG9jdW1lbnRIAFIIZG9jdW1lbnQSGgoHY29udGVu"
    "dBgCIAEoDEgAUgdjb250ZW50QgYKBHBhcnQyugQKD0RvY3VtZW50U2VydmljZRJvCg5VcGxvYWREb2N1bWVudBIs"
    "Lm1pbGxyYWNlLmRvY3VtZW50cy52MS5VcGxvYWREb2N1bWVudFJlcXVlc3QaLS5taWxscmFjZS5kb2N1bWVudHMu"
    "djEuVXBsb2FkRG9jdW1lbnRSZXNwb25zZSgBEmQKC0dldERvY3VtZW50EikubWlsbHJhY2UuZG9jdW1lbnRzLnYx"
    "LkdldERvY3VtZW50UmVxdWVzdBoqLm1pbGxyYWNlLmRvY3VtZW50cy52MS5HZXREb2N1bWVudFJlc3BvbnNlEmoK"
    "DUxpc3REb2N1bWVudHMSKy5taWxscmFjZS5kb2N1bWVudHMudjEuTGlzdERvY3VtZW50c1JlcXVlc3QaLC5taWxs"
    "cmFjZS5kb2N1bWVudHMudjEuTGlzdERvY3VtZW50c1Jlc3BvbnNlEm0KDkRlbGV0ZURvY3VtZW50EiwubWlsbHJh"
    "Y2UuZG9jdW1lbnRzLnYxLkRlbGV0ZURvY3VtZW50UmVxdWVzdBotLm1pbGxyYWNlLmRvY3VtZW50cy52MS5EZWxl"
    "dGVEb2N1bWVudFJlc3BvbnNlEnUKEERvd25sb2FkRG9jdW1lbnQSLi5taWxscmFjZS5kb2N1bWVudHMudjEuRG93"
    "bmxvYWREb2N1bWVudFJlcXVlc3QaLy5taWxscmFjZS5kb2N1bWVudHMudjEuRG93bmxvYWREb2N1bWVudFJlc3Bv"
    "bnNlMAFiBnByb3RvMw=="
)

Document = _pool.message_class("millrace.documents.v1.Document")
UploadDocumentRequest = _pool.message_class("millrace.documents.v1.UploadDocumentRequest")
UploadDocumentEnd = _pool.message_class("millrace.documents.v1.UploadDocumentEnd")
UploadDocumentHeader = _pool.message_class("millrace.documents.v1.UploadDocumentHeader")
UploadDocumentResponse = _pool.message_class("millrace.documents.v1.UploadDocumentResponse")
ListDocumentsRequest = _pool.message_class("millrace.documents.v1.ListDocumentsRequest")
ListDocumentsResponse = _pool.message_class("millrace.documents.v1.ListDocumentsResponse")
DeleteDocumentRequest = _pool.message_class("millrace.documents.v1.DeleteDocumentRequest")
DeleteDocumentResponse = _pool.message_class("millrace.documents.v1.DeleteDocumentResponse")
GetDocumentRequest = _pool.message_class("millrace.documents.v1.GetDocumentRequest")
GetDocumentResponse = _pool.message_class("millrace.documents.v1.GetDocumentResponse")
DownloadDocumentRequest = _pool.message_class("millrace.documents.v1.DownloadDocumentRequest")
DownloadDocumentResponse = _pool.message_class("millrace.documents.v1.DownloadDocumentResponse")


class DocumentService:
    UploadDocument = _pool.StreamUnary("/millrace.documents.v1.DocumentService/UploadDocument", "millrace.documents.v1.UploadDocumentRequest", "millrace.documents.v1.UploadDocumentResponse")
    GetDocument = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/GetDocument", "millrace.documents.v1.GetDocumentRequest", "millrace.documents.v1.GetDocumentResponse")
    ListDocuments = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/ListDocuments", "millrace.documents.v1.ListDocumentsRequest", "millrace.documents.v1.ListDocumentsResponse")
    DeleteDocument = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/DeleteDocument", "millrace.documents.v1.DeleteDocumentRequest", "millrace.documents.v1.DeleteDocumentResponse")
    DownloadDocument = _pool.UnaryStream("/millrace.documents.v1.DocumentService/DownloadDocument", "millrace.documents.v1.DownloadDocumentRequest", "millrace.documents.v1.DownloadDocumentResponse")
