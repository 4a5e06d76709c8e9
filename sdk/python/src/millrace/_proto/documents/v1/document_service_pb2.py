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
    "dBgCIAEoDEgAUgdjb250ZW50QgYKBHBhcnQihgEKE0NyZWF0ZVVwbG9hZFJlcXVlc3QSQwoGaGVhZGVyGAEgASgL"
    "MisubWlsbHJhY2UuZG9jdW1lbnRzLnYxLlVwbG9hZERvY3VtZW50SGVhZGVyUgZoZWFkZXISEgoEc2l6ZRgCIAEo"
    "BFIEc2l6ZRIWCgZzaGEyNTYYAyABKAlSBnNoYTI1NiKSAgoUQ3JlYXRlVXBsb2FkUmVzcG9uc2USGwoJdXBsb2Fk"
    "X2lkGAEgASgJUgh1cGxvYWRJZBIQCgN1cmwYAiABKAlSA3VybBJSCgdoZWFkZXJzGAMgAygLMjgubWlsbHJhY2Uu"
    "ZG9jdW1lbnRzLnYxLkNyZWF0ZVVwbG9hZFJlc3BvbnNlLkhlYWRlcnNFbnRyeVIHaGVhZGVycxI7CgtleHBpcmVf"
    "dGltZRgEIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCmV4cGlyZVRpbWUaOgoMSGVhZGVyc0VudHJ5"
    "EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEiNAoVQ29tcGxldGVVcGxvYWRSZXF1"
    "ZXN0EhsKCXVwbG9hZF9pZBgBIAEoCVIIdXBsb2FkSWQicQoWQ29tcGxldGVVcGxvYWRSZXNwb25zZRI7Cghkb2N1"
    "bWVudBgBIAEoCzIfLm1pbGxyYWNlLmRvY3VtZW50cy52MS5Eb2N1bWVudFIIZG9jdW1lbnQSGgoIZXhpc3RpbmcY"
    "AiABKAhSCGV4aXN0aW5nIjgKFUNyZWF0ZURvd25sb2FkUmVxdWVzdBIfCgtkb2N1bWVudF9pZBgBIAEoCVIKZG9j"
    "dW1lbnRJZCJnChZDcmVhdGVEb3dubG9hZFJlc3BvbnNlEhAKA3VybBgBIAEoCVIDdXJsEjsKC2V4cGlyZV90aW1l"
    "GAIgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIKZXhwaXJlVGltZTKBBwoPRG9jdW1lbnRTZXJ2aWNl"
    "Em8KDlVwbG9hZERvY3VtZW50EiwubWlsbHJhY2UuZG9jdW1lbnRzLnYxLlVwbG9hZERvY3VtZW50UmVxdWVzdBot"
    "Lm1pbGxyYWNlLmRvY3VtZW50cy52MS5VcGxvYWREb2N1bWVudFJlc3BvbnNlKAESZAoLR2V0RG9jdW1lbnQSKS5t"
    "aWxscmFjZS5kb2N1bWVudHMudjEuR2V0RG9jdW1lbnRSZXF1ZXN0GioubWlsbHJhY2UuZG9jdW1lbnRzLnYxLkdl"
    "dERvY3VtZW50UmVzcG9uc2USagoNTGlzdERvY3VtZW50cxIrLm1pbGxyYWNlLmRvY3VtZW50cy52MS5MaXN0RG9j"
    "dW1lbnRzUmVxdWVzdBosLm1pbGxyYWNlLmRvY3VtZW50cy52MS5MaXN0RG9jdW1lbnRzUmVzcG9uc2USbQoORGVs"
    "ZXRlRG9jdW1lbnQSLC5taWxscmFjZS5kb2N1bWVudHMudjEuRGVsZXRlRG9jdW1lbnRSZXF1ZXN0Gi0ubWlsbHJh"
    "Y2UuZG9jdW1lbnRzLnYxLkRlbGV0ZURvY3VtZW50UmVzcG9uc2USdQoQRG93bmxvYWREb2N1bWVudBIuLm1pbGxy"
    "YWNlLmRvY3VtZW50cy52MS5Eb3dubG9hZERvY3VtZW50UmVxdWVzdBovLm1pbGxyYWNlLmRvY3VtZW50cy52MS5E"
    "b3dubG9hZERvY3VtZW50UmVzcG9uc2UwARJnCgxDcmVhdGVVcGxvYWQSKi5taWxscmFjZS5kb2N1bWVudHMudjEu"
    "Q3JlYXRlVXBsb2FkUmVxdWVzdBorLm1pbGxyYWNlLmRvY3VtZW50cy52MS5DcmVhdGVVcGxvYWRSZXNwb25zZRJt"
    "Cg5Db21wbGV0ZVVwbG9hZBIsLm1pbGxyYWNlLmRvY3VtZW50cy52MS5Db21wbGV0ZVVwbG9hZFJlcXVlc3QaLS5t"
    "aWxscmFjZS5kb2N1bWVudHMudjEuQ29tcGxldGVVcGxvYWRSZXNwb25zZRJtCg5DcmVhdGVEb3dubG9hZBIsLm1p"
    "bGxyYWNlLmRvY3VtZW50cy52MS5DcmVhdGVEb3dubG9hZFJlcXVlc3QaLS5taWxscmFjZS5kb2N1bWVudHMudjEu"
    "Q3JlYXRlRG93bmxvYWRSZXNwb25zZWIGcHJvdG8z"
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
CreateUploadRequest = _pool.message_class("millrace.documents.v1.CreateUploadRequest")
CreateUploadResponse = _pool.message_class("millrace.documents.v1.CreateUploadResponse")
CompleteUploadRequest = _pool.message_class("millrace.documents.v1.CompleteUploadRequest")
CompleteUploadResponse = _pool.message_class("millrace.documents.v1.CompleteUploadResponse")
CreateDownloadRequest = _pool.message_class("millrace.documents.v1.CreateDownloadRequest")
CreateDownloadResponse = _pool.message_class("millrace.documents.v1.CreateDownloadResponse")


class DocumentService:
    UploadDocument = _pool.StreamUnary("/millrace.documents.v1.DocumentService/UploadDocument", "millrace.documents.v1.UploadDocumentRequest", "millrace.documents.v1.UploadDocumentResponse")
    GetDocument = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/GetDocument", "millrace.documents.v1.GetDocumentRequest", "millrace.documents.v1.GetDocumentResponse")
    ListDocuments = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/ListDocuments", "millrace.documents.v1.ListDocumentsRequest", "millrace.documents.v1.ListDocumentsResponse")
    DeleteDocument = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/DeleteDocument", "millrace.documents.v1.DeleteDocumentRequest", "millrace.documents.v1.DeleteDocumentResponse")
    DownloadDocument = _pool.UnaryStream("/millrace.documents.v1.DocumentService/DownloadDocument", "millrace.documents.v1.DownloadDocumentRequest", "millrace.documents.v1.DownloadDocumentResponse")
    CreateUpload = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/CreateUpload", "millrace.documents.v1.CreateUploadRequest", "millrace.documents.v1.CreateUploadResponse")
    CompleteUpload = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/CompleteUpload", "millrace.documents.v1.CompleteUploadRequest", "millrace.documents.v1.CompleteUploadResponse")
    CreateDownload = _pool.UnaryUnary("/millrace.documents.v1.DocumentService/CreateDownload", "millrace.documents.v1.CreateDownloadRequest", "millrace.documents.v1.CreateDownloadResponse")
