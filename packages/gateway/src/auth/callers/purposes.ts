// Purposes of processing, by which CAMARA says what consent is for: scopes of the form `dpv:<term>` (Security and
// Interoperability Profile r4.2).

const PREFIX = 'dpv:'

/** The terms of W3C DPV, versions 2.0 to 2.3. */
const PURPOSES: ReadonlySet<string> = new Set(
  `
  AcademicResearch AccountManagement Advertising AgeVerification CombatClimateChange CommercialPurpose
  CommercialResearch CommunicationForCustomerCare CommunicationManagement CounterMoneyLaundering Counterterrorism
  CreditChecking CustomerCare CustomerClaimsManagement CustomerManagement CustomerOrderManagement
  CustomerRelationshipManagement CustomerSolvencyMonitoring DataAltruism DeliveryOfGoods DirectMarketing
  DisputeManagement EnforceAccessControl EnforceSecurity EstablishContractualAgreement FraudPreventionAndDetection
  FulfilmentOfContractualObligation FulfilmentOfObligation HumanResourceManagement IdentityAuthentication
  IdentityVerification ImproveExistingProductsAndServices ImproveHealthcare ImproveInternalCRMProcesses
  ImprovePublicServices ImproveTransportMobility IncreaseServiceRobustness InternalResourceOptimisation
  LegalCompliance MaintainCreditCheckingDatabase MaintainCreditRatingDatabase MaintainFraudDatabase Marketing
  MemberPartnerManagement MisusePreventionAndDetection NonCommercialPurpose NonCommercialResearch
  OptimisationForConsumer OptimisationForController OptimiseUserInterface OrganisationComplianceManagement
  OrganisationGovernance OrganisationRiskManagement PaymentManagement Personalisation PersonalisedAdvertising
  PersonalisedBenefits PersonnelBehaviourMonitoring PersonnelHiring PersonnelManagement PersonnelMonitoring
  PersonnelOffboarding PersonnelOnboarding PersonnelPayment PersonnelPerformanceEvaluation
  PersonnelPerformanceManagement PersonnelPerformanceMonitoring PersonnelPerformancePrediction
  PersonnelPromotionManagement PersonnelTerminationManagement PersonnelWorkloadManagement PoliticalCampaign
  ProtectionOfIPR ProtectionOfNationalSecurity ProtectionOfPublicSecurity ProvideEventRecommendations
  ProvideOfficialStatistics ProvidePersonalisedRecommendations ProvideProductRecommendations PublicBenefit
  PublicPolicyMaking PublicRelations RecordManagement RecruitmentAdvertising RecruitmentApplicantBackgroundCheck
  RecruitmentApplicantCriminalBackgroundCheck RecruitmentApplicantInformationAuthentication
  RecruitmentApplicantSelection RecruitmentApplicationAnalysis RecruitmentApplicationManagement
  RecruitmentApplicationScreening RecruitmentInterviewAnalysis RecruitmentInterviewAssessment
  RecruitmentInterviewManagement RecruitmentInterviewScheduling RecruitmentManagement RecruitmentTargetedAdvertising
  RepairImpairments RequestedServiceProvision ResearchAndDevelopment RightsFulfillment RightsFulfilment
  ScientificResearch SearchFunctionalities SellDataToThirdParties SellInsightsFromData SellProducts
  SellProductsToDataSubject ServiceAccessDetermination ServiceManagement ServiceMonitoring ServiceOptimisation
  ServicePersonalisation ServiceProvision ServiceRegistration ServiceUsageAnalytics SocialMediaMarketing
  TargetedAdvertising TechnicalServiceProvision UserInterfacePersonalisation VendorManagement VendorPayment
  VendorRecordsManagement VendorSelectionAssessment Verification
`
    .trim()
    .split(/\s+/),
)

/** Whether a scope names a purpose, or means to. */
export const isPurpose = (scope: string): boolean => scope.startsWith(PREFIX)

/** Whether the purpose that a scope names is one of the vocabulary. */
export const isKnownPurpose = (scope: string): boolean => isPurpose(scope) && PURPOSES.has(scope.slice(PREFIX.length))

/** Whether these scopes name what the profile requires: exactly one purpose, of the vocabulary. */
export function nameOnePurpose(scopes: ReadonlySet<string>): boolean {
  const [first, ...others] = [...scopes].filter(isPurpose)
  return first !== undefined && isKnownPurpose(first) && others.length === 0
}
