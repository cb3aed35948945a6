import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Enumerations;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.ListResource;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Type;
import org.openehealth.ipf.commons.ihe.fhir.iti66.Iti66ListSearchParameters;
import org.openehealth.ipf.commons.ihe.fhir.iti67.Iti67SearchParameters;

/** What IPF leaves to whoever uses it: where submissions are kept. In memory, and found by what IPF has read of a search. */
class Store {
  private static final FhirContext FHIR = FhirContext.forR4();
  private final Map<String, Resource> kept = new LinkedHashMap<>();
  private final String documents;

  /**
   * @param documents where Binaries are retrieved (ITI-68)
   */
  Store(String documents) {
    this.documents = documents;
  }

  synchronized Bundle take(Bundle submission) {
    Map<String, String> places = new HashMap<>();
    Bundle response = new Bundle().setType(Bundle.BundleType.TRANSACTIONRESPONSE);
    for (Bundle.BundleEntryComponent entry : submission.getEntry()) {
      Resource resource = entry.getResource();
      if (entry.getRequest().getMethod() == Bundle.HTTPVerb.PATCH) {
        supersede(entry.getRequest().getUrl());
        response.addEntry().getResponse().setStatus("200 OK").setLocation(entry.getRequest().getUrl());
        continue;
      }
      String place = resource.fhirType() + "/" + UUID.randomUUID();
      resource.setId(place);
      places.put(entry.getFullUrl(), place);
      response.addEntry().getResponse().setStatus("201 Created").setLocation(place).setLastModified(new Date());
    }
    for (Bundle.BundleEntryComponent entry : submission.getEntry()) {
      if (places.containsKey(entry.getFullUrl())) {
        lead(entry.getResource(), places);
        kept.put(entry.getResource().getId(), entry.getResource());
      }
    }
    return response;
  }

  synchronized Resource read(String type, IdType id) {
    Resource resource = kept.get(type + "/" + id.getIdPart());
    if (resource == null) {
      throw new ResourceNotFoundException(id);
    }
    return resource;
  }

  synchronized List<ListResource> lists(Iti66ListSearchParameters asked) {
    return all(ListResource.class).stream()
        .filter(list -> isAbout(list.getSubject(), asked.getPatientReference(), asked.getPatientIdentifier()))
        .filter(list -> Search.isCode(asked.getStatus(), list.getStatus().toCode()))
        .filter(list -> Search.isOneOf(asked.getCode(), List.of(list.getCode())))
        .filter(list -> Search.isWithin(asked.getDate(), list.getDate(), list.getDate()))
        .filter(list -> Search.isNamed(asked.getIdentifier(), list.getIdentifier().stream()))
        .filter(list -> Search.isOneOf(asked.getDesignationType(), List.of(extension(list, "designationType", new CodeableConcept()))))
        .filter(list -> Search.isNamed(asked.getSourceId(), extension(list, "sourceId", new Identifier())))
        .filter(list -> Search.isBy(asked.getAuthorFamilyName(), asked.getAuthorGivenName(), List.of(list.getSource())))
        .collect(Collectors.toList());
  }

  synchronized List<DocumentReference> documents(Iti67SearchParameters asked) {
    return all(DocumentReference.class).stream()
        .filter(document -> isAbout(document.getSubject(), asked.getPatientReference(), asked.getPatientIdentifier()))
        .filter(document -> Search.isCode(asked.getStatus(), document.getStatus().toCode()))
        .filter(document -> Search.isNamed(asked.getIdentifier(), identifiers(document)))
        .filter(document -> Search.isOneOf(asked.getType(), List.of(document.getType())))
        .filter(document -> Search.isOneOf(asked.getCategory(), document.getCategory()))
        .filter(document -> Search.isOneOf(asked.getSecurityLabel(), document.getSecurityLabel()))
        .filter(document -> Search.isCoded(asked.getFormat(), document.getContentFirstRep().getFormat()))
        .filter(document -> Search.isWithin(asked.getDate(), document.getDate(), document.getDate()))
        .filter(document -> Search.isBy(asked.getAuthorFamilyName(), asked.getAuthorGivenName(), document.getAuthor()))
        .filter(document -> isIn(document.getContext(), asked))
        .collect(Collectors.toList());
  }

  private static boolean isIn(DocumentReference.DocumentReferenceContextComponent context, Iti67SearchParameters asked) {
    return Search.isOneOf(asked.getEvent(), context.getEvent())
        && Search.isOneOf(asked.getFacility(), List.of(context.getFacilityType()))
        && Search.isOneOf(asked.getSetting(), List.of(context.getPracticeSetting()))
        && Search.isWithin(asked.getPeriod(), context.getPeriod().getStart(), context.getPeriod().getEnd());
  }

  private static Stream<Identifier> identifiers(DocumentReference document) {
    return Stream.concat(Stream.of(document.getMasterIdentifier()), document.getIdentifier().stream());
  }

  /** The value of one of MHD's extensions of a SubmissionSet; empty where it has none. */
  @SuppressWarnings("unchecked")
  private static <T extends Type> T extension(ListResource list, String name, T empty) {
    Extension extension = list.getExtensionByUrl("https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-" + name);
    return extension == null ? empty : (T) extension.getValue();
  }

  /** The one change that MHD makes by PATCH (3:4.65.4.1.2.3). */
  private void supersede(String place) {
    DocumentReference old = (DocumentReference) read("DocumentReference", new IdType(place));
    old.setStatus(Enumerations.DocumentReferenceStatus.SUPERSEDED);
  }

  private <T extends Resource> List<T> all(Class<T> type) {
    return kept.values().stream().filter(type::isInstance).map(type::cast).collect(Collectors.toList());
  }

  /** References and addresses that name an entry of the submission lead to where it was stored. */
  private void lead(Resource resource, Map<String, String> places) {
    FHIR.newTerser().getAllPopulatedChildElementsOfType(resource, Reference.class).stream()
        .filter(reference -> places.containsKey(reference.getReference()))
        .forEach(reference -> reference.setReference(places.get(reference.getReference())));
    if (resource instanceof DocumentReference) {
      ((DocumentReference) resource)
          .getContent().stream()
              .map(DocumentReference.DocumentReferenceContentComponent::getAttachment)
              .filter(attachment -> places.containsKey(attachment.getUrl()))
              .forEach(attachment -> attachment.setUrl(documents + "/" + places.get(attachment.getUrl())));
    }
  }

  private boolean isAbout(Reference subject, ReferenceParam patient, TokenParam identifier) {
    String id = String.valueOf(subject.getReferenceElement().getIdPart());
    Resource known = kept.get("Patient/" + id);
    return (patient == null || id.equals(patient.getIdPart()))
        && (identifier == null
            || known != null
                && Search.isNamed(identifier, ((Patient) known).getIdentifier().stream()));
  }
}
